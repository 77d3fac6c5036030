"""Asks an independent RFC 9535: a query and a document a line in, the nodes' normalized paths a line out."""

import json
import sys

import jsonpath_rfc9535

for line in sys.stdin:
    question = json.loads(line)
    try:
        query = jsonpath_rfc9535.compile(question["query"])
    except jsonpath_rfc9535.JSONPathError:
        print("null", flush=True)
        continue
    print(json.dumps([node.path() for node in query.find(question["document"])]), flush=True)
