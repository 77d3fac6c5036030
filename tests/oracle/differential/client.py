"""Reads answers with http.client: a port a line in, one line of JSON out."""

import http.client
import json
import sys

for line in sys.stdin:
    connection = http.client.HTTPConnection("127.0.0.1", int(line), timeout=20)
    read = {}
    try:
        connection.request("GET", "/")
        answer = connection.getresponse()
        read = {"status": answer.status, "x": answer.headers.get_all("X")}
        read["body"] = answer.read().decode("latin-1")
    except Exception:
        # What is missing says how far it came.
        pass
    finally:
        connection.close()
    print(json.dumps(read), flush=True)
