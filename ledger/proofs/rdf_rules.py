"""What JSON-LD has to keep to, so that what people read in it is what its graph says: the rules of `rdfc`, which
`known_shapes` keeps as well.
"""

from __future__ import annotations

MAX_CONTEXTS = 8

TYPES_WITH_CONTEXT = frozenset({"VerifiableCredential", "DataIntegrityProof"})
"""An object inside a document may bring its own contexts if it has one of these types."""

# What checks read after the signature. RDF lets one node be described in two places, so a member could be moved out of
# the object where it is looked for, to another object with the same id, without a change to what is signed.
POLICY_MEMBERS = frozenset(
    {
        *("issuer", "validFrom", "validUntil", "issuanceDate", "expirationDate", "credentialSubject"),
        *("credentialStatus", "credentialSchema", "proof", "statusPurpose", "statusListIndex"),
        *("statusListCredential", "statusSize", "encodedList"),
    }
)

# Relative IRIs are resolved against this base, so that its scheme gives them away.
RELATIVE_SCHEME = "relative-iri"
SENTINEL_BASE = f"{RELATIVE_SCHEME}://base.invalid/"
