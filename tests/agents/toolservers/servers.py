"""Servers of tools as scripts: a good one made with the SDK, and bad ones written by hand."""

from __future__ import annotations

__all__ = ["BAD", "GOOD"]

GOOD = '''
import os, socket, sys
from mcp.server.mcpserver import Context, MCPServer
from mcp_types import ToolAnnotations

server = MCPServer("good")

@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def add(one: int, other: int) -> int:
    """Adds two numbers."""
    return one + other

@server.tool()
def environment() -> str:
    """Shows what it can see."""
    return repr(dict(os.environ)) + " " + repr(sorted(os.listdir("/"))) + " " + os.getcwd()

@server.tool()
def write(path: str, text: str) -> str:
    """Writes a file."""
    open(path, "w").write(text)
    return "written"

@server.tool()
def long() -> str:
    """Says much."""
    return "0123456789" * 20_000 + "THE END"

@server.tool()
def die() -> str:
    """Dies."""
    os._exit(7)

@server.tool()
async def hang() -> str:
    """Never answers."""
    import anyio
    await anyio.sleep(3600)
    return ""

@server.tool()
async def grow(context: Context) -> str:
    """Gets one more tool."""
    server.add_tool(lambda: "new", name="added", description="New.")
    await context.session.send_tool_list_changed()
    return "grown"

@server.tool()
def fail() -> str:
    """Fails."""
    raise ValueError("as it should")

server.run()
'''

REPLY = """
import json, sys

def answer(**result):
    print(json.dumps(result), flush=True)

def serve(tools):
    for line in sys.stdin:
        asked = json.loads(line)
        if asked.get("method") == "initialize":
            version = asked["params"]["protocolVersion"]
            head = {"protocolVersion": version, "capabilities": {"tools": {}}}
            info = {"name": "x", "version": "1"}
            answer(jsonrpc="2.0", id=asked["id"], result={**head, "serverInfo": info})
        elif asked.get("method") == "tools/list":
            answer(jsonrpc="2.0", id=asked["id"], result={"tools": tools})
        elif asked.get("method") == "tools/call":
            return asked
"""

BAD = {
    "silent": "import time; time.sleep(3600)",
    "garbage": "print('hello\\n' * 5000, flush=True); import time; time.sleep(3600)",
    "binary": "import os\nwhile True: os.write(1, os.urandom(65536))",
    "one endless line": "import os\nwhile True: os.write(1, b'x' * 65536)",
    "gone at once": "import sys; sys.stderr.write('no database here\\n'); sys.exit(3)",
    "many notifications": (
        "import json\nwhile True: print(json.dumps({'jsonrpc': '2.0', 'method': 'notifications/message', "
        "'params': {'level': 'info', 'data': 'x'}}), flush=True)"
    ),
    "wrong answers": (
        "import json, sys\n"
        "for line in sys.stdin: print(json.dumps({'jsonrpc': '2.0', 'id': 1, 'result': 5}), flush=True)"
    ),
    "deep nesting": "print('[' * 100000, flush=True); import time; time.sleep(3600)",
    "bad tools": REPLY + "serve([{'name': 5}, 7])",
    "not there": "",
}
"""What it does to the source of its program; none of them ever answers properly."""
