# An image that contains only healthprobe, about 2.2 MB, built from a clone under the name of the published image:
#
#     docker build --tag ghcr.io/healthprobe/healthprobe .
#
# Other images copy from it:
#
#     COPY --from=ghcr.io/healthprobe/healthprobe /healthprobe /healthprobe
#
# One build can target several architectures; foreign ones are emulated:
#
#     docker buildx build --platform linux/amd64,linux/arm64 --tag registry.example/healthprobe --push .

# Use --build-arg to take it from your own registry, or to pin a digest.
ARG RUST_IMAGE=rust:1-alpine


# Rust on Alpine links musl statically, so the binary runs in any image, including `scratch`.
FROM ${RUST_IMAGE} AS build

WORKDIR /src
COPY Cargo.toml Cargo.lock build.rs ./
COPY .cargo .cargo
COPY src src
# Without --target, cargo would use the flags of .cargo/config.toml for procedural macros too, which then cannot be linked.
RUN cargo build --release --locked --bin healthprobe --target "$(rustc --print host-tuple)"


FROM scratch

COPY --from=build /src/target/*/release/healthprobe /healthprobe

# nobody, as in the published image.
USER 65534:65534
ENTRYPOINT ["/healthprobe"]
