"""llama.cpp's server, as the package xllamacpp builds it, on a port of its choice that it prints.

    python serve.py MODEL [key=KEY] [prefix=/PATH] [embeddings] [parallel=SLOTS]
"""

import signal
import sys

import xllamacpp

params = xllamacpp.CommonParams()
params.model.path = sys.argv[1]
params.hostnames = ["127.0.0.1"]
params.port = 0
params.n_gpu_layers = 0
params.n_ctx = 512
params.n_parallel = 1
params.warmup = False
params.cpuparams.n_threads = 1
for option in sys.argv[2:]:
    name, _, value = option.partition("=")
    match name:
        case "key":
            params.api_keys = [value]
        case "prefix":
            params.api_prefix = value
        case "embeddings":
            params.embedding = True
        case "parallel":
            params.n_parallel = int(value)
        case _:
            raise SystemExit(f"no such option: {option}")

server = xllamacpp.Server(params)
print("listening", server.listening_address, flush=True)
signal.pause()
