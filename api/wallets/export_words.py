"""The words in a wallet's export: a page that any browser shows without a script, and plain instructions."""

from __future__ import annotations

from html import escape

from ledger.documents.strict_json import JsonObject, JsonValue

_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #999;padding:.4rem;text-align:left}"
)

_INSTRUCTIONS = """YOUR WALLET

This is everything that your wallet held on {exported_at}, in {parts}.

  credentials/       what institutions gave you, byte for byte as they signed it
  records/           records that were made of it, each version
  pathways/          the rules by which credentials add up to larger ones
  index.html         a list for you to read; cairn-wallet.json is the same for programs
  check/             what others need to check it if the site is gone

Keep it where others cannot read it: it holds your name and your results. It holds no password and no key. The key of
your wallet, with which you show that a record is yours, is taken along on its own (POST /v1/wallets/.../keys/export).

HOW ANYBODY CHECKS A DOCUMENT WITHOUT THE SITE THAT YOU HAVE IT FROM

Each credential says in its `proof` where it is anchored. A verifier decides for itself whom to trust; these were the
settings of the site:

  registry      {registry}   ({network})
  accreditors   {accreditors}

With Cairn, which is free software, and any node of that chain:

  cairn verify credentials/FILE.json --rpc https://YOUR-NODE --registry {registry}{accreditor_options}

and all of it at once, the ZIP file as it came:

  cairn verify FILE.zip --rpc https://YOUR-NODE --registry {registry}{accreditor_options}
{lasting}
What a verifier does, so that other software can do it too (the exact steps are in Cairn's docs/format.md):

  1. Take the document without `proof`, write it in canonical form (RFC 8785), and take SHA-256: the digest.
  2. Check one of the issuer's proofs (eddsa-jcs-2022 or eddsa-rdfc-2022, W3C) with a key that the registry lists for
     the issuer. The issuer's DID document, as it was on that day, is in check/did/.
  3. Read the proof `cairn-anchor-2026`: leaf = SHA-256(00 | digest | status index); hash it up the path (RFC 9162) to
     a root.
  4. Ask the registry on the chain: did this issuer anchor this root, when, and is it withdrawn? Was the issuer
     recognised then by an accreditor that you trust? Is the bit at the status index revoked or suspended?
  5. Compare the dates in the document with today's.

What was revoked when this was written is in check/status/ (W3C Bitstring Status List); the chain knows what was revoked
later. The statements by which accreditors recognise issuers are in check/statements/.

TO USE IT ELSEWHERE

The files import into any wallet that reads Open Badges 3.0 and CLR 2.0; the whole ZIP into another wallet of Cairn's.
"""


_EMBEDDED = """
That chain runs on the site's own machine: its node is the site's (it says where when it starts), and once the site is
gone for good, what is anchored there can be checked no more. Signatures still can.
"""


def instructions(manifest: JsonObject) -> str:
    """README.txt."""
    check = _object(manifest["check"])
    accreditors = [str(one) for one in _list(check.get("accreditors"))]
    parts = manifest["parts"]
    return _INSTRUCTIONS.format(
        exported_at=manifest["exported_at"],
        parts="one file" if parts == 1 else f"{parts} files, of which this is the first",
        registry=check["registry"],
        network=check["network"],
        accreditors=", ".join(accreditors) or "none",
        lasting=_EMBEDDED if check.get("kind") == "embedded" else "",
        accreditor_options="".join(f" --accreditor {one}" for one in accreditors),
    )


def index_page(manifest: JsonObject) -> str:
    """index.html: whatever a document says stands in it as text."""
    rows = [
        _row(entry, "name", "issuer_name", "issuer", "valid_from", "verdict")
        for entry in map(_object, _list(manifest["credentials"]))
    ]
    records = [
        _row(entry, "name", "version", "state", "created_at") for entry in map(_object, _list(manifest["records"]))
    ]
    links = [
        _cells(
            str(link.get("label")), str(link.get("state")), str(link.get("expires_at")), str(len(_list(link["views"])))
        )
        for link in map(_object, _list(manifest["links"]))
    ]
    files = [str(one) for one in _list(manifest["files"])]
    pathways, checks = ([one for one in files if one.startswith("pathways/") is which] for which in (True, False))
    dids = "".join(f"<li>{escape(str(_object(one)['did']))}</li>" for one in _list(manifest["dids"]))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Your wallet</title>'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<style>{_STYLE}</style></head><body><h1>Your wallet</h1>"
        f"<p>As of {escape(str(manifest['exported_at']))}, part {manifest['part']} of {manifest['parts']}. "
        'What each thing is, and how anybody checks it: <a href="README.txt">README.txt</a>.</p>'
        + _table("Credentials", ("Name", "Issuer", "Identifier", "Since", "When it came"), rows)
        + _table("Records", ("Name", "Version", "State", "Made"), records)
        + _table("Links that you shared", ("Name", "State", "Until", "Looked at"), links)
        + f"<h2>Your identifiers</h2><ul>{dids}</ul>"
        + _files("Pathways", pathways)
        + _files("To check it", checks)
        + "</body></html>"
    )


def _files(title: str, names: list[str]) -> str:
    if not names:
        return ""
    items = "".join(f'<li><a href="{escape(name)}">{escape(name)}</a></li>' for name in names)
    return f"<h2>{escape(title)}</h2><ul>{items}</ul>"


def _table(title: str, header: tuple[str, ...], rows: list[str]) -> str:
    if not rows:
        return ""
    heads = "".join(f"<th>{escape(name)}</th>" for name in header)
    return f"<h2>{escape(title)}</h2><table><tr>{heads}</tr>{''.join(rows)}</table>"


def _row(entry: JsonObject, first: str, *others: str) -> str:
    link = f'<a href="{escape(str(entry["file"]))}">{escape(str(entry.get(first)))}</a>'
    cells = "".join(f"<td>{escape(str(entry.get(name) or '–'))}</td>" for name in others)
    return f"<tr><td>{link}</td>{cells}</tr>"


def _cells(*texts: str) -> str:
    return "<tr>" + "".join(f"<td>{escape(text)}</td>" for text in texts) + "</tr>"


def _object(value: JsonValue) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []
