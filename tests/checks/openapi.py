#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a validator does not look at in data/openapi.json: one line for each complaint.

    openapi.py DOCUMENT [ROUTES]

ROUTES is what tests/tools/egm-routes prints: "METHOD PATH ROLE,… WHERE,…"."""

import json
import re
import sys

METHODS = ("get", "put", "post", "delete", "head", "options", "patch", "trace")
ROLES = ["view", "operate", "teach"]
CARD = "/api/v1/cards/{card}/"
FORM = {"openapi", "info", "servers", "security", "tags", "paths", "components"}
# What a card of the console may answer besides: there is none of the name, or it is dead.
OF_CARDS = {"404", "503"}


def references(value):
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for v in value.values():
            yield from references(v)
    elif isinstance(value, list):
        for v in value:
            yield from references(v)


def target(document, reference):
    at = document
    for part in reference.removeprefix("#/").split("/"):
        at = at.get(part) if isinstance(at, dict) else None
    return at


def check_references(document):
    used = set(references(document))
    for r in sorted(used):
        if target(document, r) is None:
            yield f"{r}: there is no such thing"
    for kind, things in document["components"].items():
        for name in things:
            if kind != "securitySchemes" and f"#/components/{kind}/{name}" not in used:
                # Texts of a WebSocket and of server-sent events have no place in the format.
                if name not in ("LiveInit", "Figures"):
                    yield f"components/{kind}/{name}: nothing uses it"


def operations(document):
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield method.upper(), path, operation


def parameters(document, operation):
    return [target(document, p["$ref"]) if "$ref" in p else p
            for p in operation.get("parameters", [])]


def check_operation(document, method, path, operation):
    where = f"{method} {path}"
    for key in "operationId", "summary", "tags", "responses", "x-egm-roles", "x-egm-on":
        if key not in operation:
            yield f"{where}: no {key}"
    roles, on = operation.get("x-egm-roles", []), operation.get("x-egm-on", [])
    if not set(roles) <= set(ROLES):
        yield f"{where}: roles {roles}"
    if not on or not set(on) <= {"instance", "console"}:
        yield f"{where}: served by {on}"
    if (operation.get("security") == []) == bool(roles):
        yield f"{where}: security and x-egm-roles contradict each other"
    if bool(roles) != ({"401", "403"} <= set(operation.get("responses", {}))):
        yield f"{where}: 401 and 403 belong to those with roles"
    if "default" not in operation.get("responses", {}):
        yield f"{where}: no default answer"
    if "requestBody" in operation and not {"413", "422"} <= set(operation["responses"]):
        yield f"{where}: a body may be too large, or wrong: 413, 422"
    named = {p["name"] for p in parameters(document, operation) if p and p["in"] == "path"}
    if named != set(re.findall(r"\{(\w+)\}", path)):
        yield f"{where}: its parameters are {named}"


def without_card(operation):
    """What must be the same with and without /cards/{card}."""
    o = {k: v for k, v in operation.items() if k not in ("operationId", "x-egm-on")}
    o["parameters"] = [p for p in o.get("parameters", [])
                       if p.get("$ref") != "#/components/parameters/card"]
    o["responses"] = {k: v for k, v in o["responses"].items() if k not in OF_CARDS}
    return o


def check_cards(found):
    for (method, path), operation in found.items():
        if not path.startswith(CARD):
            continue
        bare = found.get((method, "/api/v1/" + path.removeprefix(CARD)))
        if bare is None:
            yield f"{method} {path}: an instance has it without the card, too"
        elif without_card(bare) != without_card(operation):
            yield f"{method} {path}: not as it is without the card"
        elif bare["x-egm-on"] != ["instance"] or operation["x-egm-on"] != ["instance", "console"]:
            yield f"{method} {path}: x-egm-on"


def check_all(document):
    if set(document) != FORM or not document["openapi"].startswith("3.0."):
        yield f"not the form of OpenAPI 3.0: {sorted(document)}"
    yield from check_references(document)
    found, names = {}, set()
    for method, path, operation in operations(document):
        found[method, path] = operation
        yield from check_operation(document, method, path, operation)
        name = operation.get("operationId")
        if name in names:
            yield f"{method} {path}: {name} is the name of another one"
        names.add(name)
    yield from check_cards(found)


def nameless(path):
    """** stands for whatever follows."""
    return re.sub(r"\{\w+\}|\*\*", "{}", path)


def described(document):
    return {(method, nameless(path), ",".join(operation["x-egm-roles"]), on)
            for method, path, operation in operations(document) for on in operation["x-egm-on"]}


def served(lines):
    for line in lines:
        method, path, roles, where = line.split()
        roles = "" if roles == "-" else roles
        for on in where.split(","):
            if on == "card":
                yield method, nameless("/api/v1/" + path), roles, "instance"
                yield method, nameless(CARD + path), roles, "instance"
                yield method, nameless(CARD + path), roles, "console"
            else:
                yield method, nameless(path), roles, on


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        document = json.load(f)
    complaints = list(check_all(document))
    if len(sys.argv) > 2:
        with open(sys.argv[2], encoding="ascii") as f:
            program = set(served(f))
        for row in sorted(program - described(document)):
            complaints.append(f"the program has {row}, the document has not")
        for row in sorted(described(document) - program):
            complaints.append(f"the document has {row}, the program has not")
    print("\n".join(complaints), end="\n" if complaints else "")


main()
