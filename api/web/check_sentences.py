"""What each check found, as a sentence by its stable code: for readers of other languages than English.

The verifier's own messages are English, with values in them. They stay the first choice for readers of English; in
another language the sentence of the code is said, and a page shows the message beside it as the original.
"""

from __future__ import annotations

from collections.abc import Mapping

from api.web.translating import gettext, noted
from api.web.visits import DEFAULT_LANGUAGE, visit
from ledger.verifying.report import Check, Outcome, Since, VerificationReport

PASSED: Mapping[str, str] = {
    "structure": noted("The document is built as it should be."),
    "schema": noted("The document follows the published standard for its kind."),
    "signature": noted("It is signed by its issuer, and nothing was changed since."),
    "inclusion": noted("The registry holds exactly this document."),
    "anchor": noted("It was recorded in the registry at a time that nobody can change."),
    "issuer": noted("A recognised institution issued it."),
    "key": noted("The key that signed it belonged to the issuer at that time."),
    "status": noted("It has been neither revoked nor suspended."),
    "period": noted("It is in force on this day."),
    "stack": noted("Everything that it rests on stands, and meets the rule."),
    "holder": noted("It belongs to the person who presents it."),
}
"""The sentence of each check that passed without more to say."""

WITHIN: Mapping[tuple[str, str], str] = {
    ("signature", "proof_malformed"): noted("The signature is badly formed."),
    ("signature", "document_unreadable"): noted("What the issuer published about its keys could not be read."),
    ("signature", "method_mismatch"): noted("The key that the signature names is not one of the issuer's."),
    ("issuer", "document_unreadable"): noted("What the issuer published about itself could not be read."),
    ("structure", "context_untrusted"): noted("The document uses a vocabulary that it must not use."),
    ("key", "no_history"): noted("Only the keys of today are published, so nobody can say which held on that date."),
    ("status", "no_history"): noted("Only the revocations of today are published, so nobody can say what held then."),
}
"""Codes that mean something else in one check than in the others."""

SENTENCES: Mapping[str, str] = {
    "ok": noted("This check passed."),
    "valid": noted("It is genuine and in force."),
    "check_not_run": noted("A check that is needed was not made."),
    "not_run": noted("This was not looked at, because an earlier check left nothing to look at."),
    "not_needed": noted("This kind of document does not need this check."),
    # the document itself
    "structure_invalid": noted("The document is not built as a credential has to be."),
    "context_untrusted": noted("The document says what its words mean in a way that cannot be trusted."),
    "member_untrusted": noted("The document has an entry that other programs would read in another way."),
    "context_inline": noted("The document defines words of its own, which cannot be checked here."),
    "context_unknown": noted("The document uses a vocabulary that is not known here."),
    "proof_chained": noted("The document has a chain of proofs, which cannot be checked here."),
    "subjects_several": noted("The document speaks of several subjects at once, which cannot be checked here."),
    "envelope_invalid": noted("A credential in the record does not say what its signed form says."),
    "envelope_unsupported": noted("A credential in the record is packed in a way that cannot be read here."),
    "member_unknown": noted("What was presented has an entry that is not read here."),
    "schema_invalid": noted("The document does not follow the published standard for its kind."),
    "schema_unknown": noted("There is no published standard here for this kind of document."),
    # the signature
    "signature_invalid": noted("The signature does not fit: the document was changed, or somebody else signed it."),
    "signature_missing": noted("Nobody signed the document."),
    "method_mismatch": noted("The key that is named does not belong to whoever should have signed."),
    "algorithm_forbidden": noted("It is signed in a way that protects nothing."),
    "proof_malformed": noted("The proof is badly formed."),
    "proof_expired": noted("The time for which the signature counts is over."),
    "proof_not_yet_valid": noted("The time for which the signature counts has not come."),
    "key_weak": noted("The key is too weak to prove anything."),
    "key_malformed": noted("The key is badly formed."),
    "undefined_term": noted("The signature does not cover every word of the document."),
    "canonicalization_failed": noted("The document cannot be brought into the form that is signed."),
    "canonicalization_budget": noted("Checking this signature would take too long here."),
    "canonicalization_unavailable": noted("This signature could not be checked here just now."),
    "cryptosuite_unknown": noted("It is signed in a way that is not known here."),
    "algorithm_unknown": noted("It is signed in a way that is not known here."),
    "key_unknown": noted("Nobody could tell which key is the issuer's, so the signature could not be checked."),
    "key_unsupported": noted("The issuer's key is of a kind that cannot be checked here."),
    "document_unreadable": noted("What was published about the keys could not be read."),
    "fetch_refused": noted("What the issuer publishes stands at an address that is not asked."),
    "fetch_failed": noted("What the issuer publishes could not be fetched."),
    "limit_fetches": noted("Too much would have to be fetched for this check."),
    "disclosure_forbidden": noted("The document hides something that may never be hidden."),
    "key_binding_invalid": noted("The holder's own signature does not fit the document."),
    # its place in the registry
    "proof_version": noted("The proof is of a version that is not known here."),
    "proof_index": noted("The proof names a place that its batch does not have."),
    "proof_length": noted("The proof is too long or too short for its batch."),
    "proof_ambiguous": noted("The document has more than one proof of its place."),
    "limit_proof": noted("The proof is larger than any proof needs to be."),
    "status_index_mismatch": noted("The document and its proof name different places for its revocation."),
    "tree_size_mismatch": noted("The registry holds this batch with another number of credentials."),
    "time_mismatch": noted("The registry holds this batch with another time than the proof gives."),
    "digest_mismatch": noted("The document was changed after it was issued."),
    "root_not_anchored": noted("The issuer never recorded this document in the registry."),
    "not_anchored_yet": noted("On that date it was not in the registry yet."),
    "limit_lookups": noted("Too many documents at once are not in the registry; check them in smaller groups."),
    "chain_not_trusted": noted("It names a network that this check does not trust."),
    "registry_not_trusted": noted("It names a registry that this check does not trust."),
    "not_final": noted("It was recorded only just now, and that may still change. Try again in a few minutes."),
    "no_anchor_proof": noted("It was never recorded in a registry, so nobody vouches for its issuer."),
    "root_mismatch": noted("The proof does not lead to what was recorded on the network."),
    "anchor_mismatch": noted("The network recorded something else than this document."),
    "anchor_reverted": noted("The network refused the record of this document."),
    "anchor_unconfigured": noted("No node of the network that it names is known here."),
    "anchor_not_found": noted("The network does not know the record that the document names."),
    "anchor_on_trial": noted("It was recorded on a test network only."),
    "chain_unsupported": noted("It was recorded on a network of a kind that cannot be checked here."),
    "chain_unknown": noted("It was recorded on a network that is not known here."),
    "sender_mismatch": noted("The record on the network was made by somebody else than the issuer."),
    # the issuer and its key
    "issuer_unknown": noted("The registry knows no such issuer."),
    "did_mismatch": noted("Whoever issued it is registered under another identity than the document claims."),
    "issuer_not_accredited": noted("Nobody whom this check trusts recognised the issuer when it was recorded."),
    "no_accreditor": noted("Nobody whom this check trusts has said who the issuer is."),
    "publisher": noted("Whoever put the record together need not be recognised: each credential stands on its own."),
    "self_published": noted("The learner put this record together and signed it alone."),
    "any_issuer": noted("As was asked, this check accepts any issuer: nobody was asked who it is."),
    "key_not_registered": noted("The key that signed it was never one of the issuer's."),
    "key_not_valid_at_anchor": noted("The key that signed it was not in force when it was recorded."),
    "key_closed": noted("The key has been closed by now, and nothing shows when it signed."),
    "not_signed_yet": noted("By its own date it was signed later than that day."),
    # revocation and dates
    "batch_withdrawn": noted("The issuer withdrew the whole batch that it was issued in."),
    "revoked": noted("The issuer has revoked it."),
    "suspended": noted("The issuer has suspended it for now."),
    "status_unknown": noted("Whether it was revoked could not be found out."),
    "status_unusable": noted("The list of what was revoked cannot be used."),
    "status_purpose_unknown": noted("It is marked in a list, for a purpose that is not known here."),
    "no_history": noted("What is published now does not say what held on that date."),
    "revoked_since": noted("It counted on that date, and was revoked since."),
    "suspended_since": noted("It counted on that date, and was suspended since."),
    "withdrawn_since": noted("It counted on that date, and its batch was withdrawn since."),
    "time_format": noted("A date in the document cannot be read."),
    "time_order": noted("The dates in the document contradict each other."),
    "not_yet_valid": noted("It is not in force yet."),
    "expired": noted("It has expired."),
    "expired_since": noted("It was in force on that date, and has expired since."),
    # what it rests on
    "stack_malformed": noted("What it rests on is named in a way that cannot be read."),
    "evidence_mismatch": noted("What was shown is not what the award rests on."),
    "evidence_missing": noted("The award names credentials, but holds no proof of them."),
    "pathway_mismatch": noted("The pathway is not the one that the award names."),
    "pathway_invalid": noted("The pathway that the award names cannot be used."),
    "rule_not_met": noted("The credentials do not meet the rule of the pathway."),
    "rule_undecided": noted("The rule of the pathway is too large to be worked through here."),
    "component_duplicate": noted("One credential is named twice."),
    "component_counted_twice": noted("A credential counts already towards an earlier award, and may count only once."),
    "component_not_anchored": noted("A credential that it rests on is not in the registry."),
    "component_withdrawn": noted("A credential that it rests on was withdrawn with its batch."),
    "component_revoked": noted("A credential that it rests on was revoked."),
    "component_suspended": noted("A credential that it rests on is suspended."),
    "component_issuer_mismatch": noted(
        "A credential that it rests on is from another issuer than the pathway asks for."
    ),
    "component_issuer_not_accredited": noted("A credential that it rests on is from an issuer that nobody recognised."),
    "component_invalid": noted("A credential in the record is not valid."),
    "component_indeterminate": noted("A credential in the record could not be checked."),
    "component_changed_since": noted(
        "It counted on that date, and something that it rests on does not count any more."
    ),
    "component_expired_since": noted("It counted on that date, and something in it has expired since."),
    "components_proved": noted("Everything that it rests on stands; not all of it was shown here."),
    "recognition_malformed": noted("A decision to recognise a credential cannot be read."),
    "recognition_not_anchored": noted("A recognition that the award relies on is not in the registry."),
    "recognition_withdrawn": noted("A recognition that the award relies on was withdrawn with its batch."),
    "recognition_revoked": noted("A recognition that the award relies on was revoked."),
    "recognition_suspended": noted("A recognition that the award relies on is suspended."),
    "recognition_issuer_mismatch": noted(
        "A recognition that the award relies on is from somebody else than it should be."
    ),
    "recognition_issuer_not_accredited": noted(
        "A recognition that the award relies on is from an institution that nobody recognised."
    ),
    "endorsed_mismatch": noted("It speaks of another version of the credential that was shown with it."),
    "not_shown": noted("The credential that it speaks of was not shown with it."),
    "duplicate_credential": noted("The record holds one credential twice."),
    "previous_mismatch": noted("The version before this record is not the one that was handed in."),
    "history_forked": noted("Two records claim the same place in the history of a record."),
    # whose it is
    "subject_mismatch": noted("The record holds credentials of different people."),
    "subject_uncertain": noted(
        "The credentials are made out to different names, and nobody says that they are one person's."
    ),
    "vouched": noted("The names differ, and a recognised institution says that they are one learner's."),
    "holder_mismatch": noted("Somebody else than the holder signed what was presented."),
    "holder_proven": noted("The holder answered what was asked."),
    "holder_bound": noted("It speaks of the holder who presents it."),
    "holder_other": noted("It speaks of somebody else than the holder who presents it."),
    "holder_unbound": noted("It does not say in a way that can be checked whose it is."),
    "presentation_unsigned": noted("Nobody signed what was presented."),
    "presentation_empty": noted("Nothing was presented."),
    "presentation_expired": noted("The time for what was presented is over."),
    "presentation_stale": noted("What was presented is older than a day, and names no end."),
    "presentation_not_yet_valid": noted("What was presented is dated in the future."),
    "challenge_mismatch": noted("What was presented answers another question than was asked."),
    "challenge_not_asked": noted("No question was asked, so what was presented may be a copy."),
    "audience_mismatch": noted("What was presented was made for somebody else."),
    "audience_not_asked": noted("What was presented names whom it is for, and nobody said who asks."),
    # the network
    "no_registry": noted("This check was told of no registry to trust."),
    "registry_unreachable": noted("The registry could not be reached. Try again later."),
    "rpc_malformed": noted("A node of the network gave an answer that makes no sense. Try again later."),
    "rpc_refused": noted("A node of the network refused to answer. Try again later."),
    "no_quorum": noted("Too few nodes of the network answered alike. Try again later."),
    "providers_disagree": noted("The nodes of the network contradict each other. Try again later."),
    "no_final_block": noted("The network has no final block to read from. Try again later."),
    "registry_not_final": noted("The registry itself is not final on its network yet. Try again later."),
    "wrong_chain": noted("The node that was asked belongs to another network."),
    "history_unavailable": noted("No node that was asked still knows what held on that date."),
    "finality_violation": noted(
        "The network took back a block that it had called final. Ask the operator of this site."
    ),
}
"""The sentence of each code that a check, or a verdict, can carry."""

GIVEN_REASONS: Mapping[str, str] = {
    "issued in error": noted("issued in error"),
    "the assessment turned out to be invalid": noted("the assessment turned out to be invalid"),
    "the issuer's accreditation was withdrawn retroactively": noted(
        "the issuer's accreditation was withdrawn retroactively"
    ),
    "compromised, or obtained by fraud": noted("compromised, or obtained by fraud"),
    "superseded by a newer document": noted("superseded by a newer document"),
}
"""What an issuer gives as its reason to revoke, suspend or withdraw, as the verifier writes it."""


def sentence_of(check: Check) -> str:
    """What a check found, in the reader's language: the verifier's own words in English, the code's sentence else."""
    if visit().language == DEFAULT_LANGUAGE:
        return _as_sentence(check.message)
    return _of_check(check) or _as_sentence(check.message)


def sentence_of_change(change: Since) -> str:
    """What has changed since the moment that was asked for, as `sentence_of` says what a check found."""
    if visit().language == DEFAULT_LANGUAGE:
        return change.message
    return sentence_of_code(change.code) or change.message


def sentence_of_code(code: str, check_id: str = "") -> str:
    """The sentence of a code, in the reader's language. Empty for a code that is not known here."""
    found = PASSED.get(check_id) if code == "ok" else WITHIN.get((check_id, code))
    return gettext(found or SENTENCES.get(code, ""))


def sentence_of_verdict(report: VerificationReport) -> str:
    """The verdict's reason, in the reader's language, as `sentence_of` gives it for a check."""
    if visit().language == DEFAULT_LANGUAGE:
        return _as_sentence(report.message)
    if report.verdict is Outcome.VALID:
        return _good_news(report)
    decisive = next((check for check in report.checks if check.code == report.code), None)
    said = _of_check(decisive) if decisive is not None else sentence_of_code(report.code)
    return said or _as_sentence(report.message)


def _of_check(check: Check) -> str:
    """The sentence of a check's code, with the reason that the issuer gave for a change of the status."""
    said, reason = sentence_of_code(check.code, check.id), check.evidence.get("reason")
    if said and check.id == "status" and isinstance(reason, str) and reason in GIVEN_REASONS:
        given = gettext("The reason given: %(reason)s.") % {"reason": gettext(GIVEN_REASONS[reason])}
        return f"{said} {given}"
    return said


def _good_news(report: VerificationReport) -> str:
    """What a valid verdict says: that it is genuine, by whom, and every reservation; later changes are banners."""
    is_record = report.summary is not None and report.summary.kind == "record"
    codes = {check.code for check in report.checks}
    if is_record and report.as_of is not None:
        said = [gettext("Every credential in the record was genuine and in force on that date.")]
    elif is_record:
        said = [gettext("The record is genuine, and so is every credential in it.")]
    elif report.as_of is not None:
        said = [gettext("It was genuine and in force on that date.")]
    else:
        said = [gettext(SENTENCES["valid"])]
    if not is_record and report.issuer.accredited_name:
        said.append(gettext("It was issued by %(issuer)s.") % {"issuer": report.issuer.accredited_name})
    said += [gettext(SENTENCES[code]) for code in ("self_published", "any_issuer") if code in codes]
    if report.withheld:
        said.append(gettext("Its holder withholds a part of it."))
    if report.chain is not None and report.chain.providers is not None and report.chain.providers.is_reduced:
        said.append(gettext("As was asked, fewer nodes than usual had to agree."))
    return " ".join(said)


def _as_sentence(text: str) -> str:
    """A message as a sentence: capital letter, full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".") if text else ""
