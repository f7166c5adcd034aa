"""The registry: its port, its implementations over JSON-RPC, and the embedded chain."""
