# What Dockerfile.example is built from where no image can be pulled; ./stand-ins lays out the folders.

FROM scratch AS rust
COPY rust /
ENV PATH=/bin

FROM scratch AS python
COPY python /
# The real pip, which finds here what it would otherwise download.
ENV PATH=/venv/bin:/bin PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels
