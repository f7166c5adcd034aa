"""What the page says of a document that stands on a chain without a registry."""

from __future__ import annotations

from api.web.verdicts import view_of
from tests.unit.verifying.test_blockcerts import ISSUER, SENDER, TRANSACTION, vector, verify
from tests.world import World


def test_the_page_names_the_transaction_its_sender_and_the_way_to_ask_again() -> None:
    view = view_of(verify(World(), vector("sepolia-3.0")))
    facts = {fact.label: fact.value for fact in view.ledger}
    assert facts["Network"] == "Sepolia (chain 11155111)"
    assert facts["Transaction"] == f"0x{TRANSACTION.hex()}"
    assert facts["Sent by"] == SENDER
    assert "Registry" not in facts
    assert "--anchor-rpc eip155:11155111=https://YOUR-NODE" in view.command
    assert f"--document '{ISSUER}'=FILE" in view.command
    assert "--registry" not in view.command
