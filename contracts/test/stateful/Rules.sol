// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../../src/ICredentialRegistry.sol";
import {Recording, Records} from "./Records.sol";

/// @notice What the interface's documentation says of each call, given the records and the time: the selector of the
/// error that it reverts with, or zero.
library Rules {
    using Recording for Records;

    uint8 private constant ALL_ROLES = 3;
    uint8 private constant LAST_REASON = 5;

    function registering(Records storage records, bytes32 id) internal view returns (bytes4) {
        return records.issuers[id].registeredAt == 0 ? bytes4(0) : ICredentialRegistry.IssuerAlreadyRegistered.selector;
    }

    function administering(Records storage records, bytes32 id, address caller) internal view returns (bytes4) {
        return records.issuers[id].admin == caller ? bytes4(0) : ICredentialRegistry.NotAdmin.selector;
    }

    function accepting(Records storage records, bytes32 id, address caller) internal view returns (bytes4) {
        return records.issuers[id].pendingAdmin == caller ? bytes4(0) : ICredentialRegistry.NotPendingAdmin.selector;
    }

    function settingOperator(
        Records storage records,
        bytes32 id,
        address caller,
        ICredentialRegistry.Operator memory operator
    ) internal view returns (bytes4) {
        if (records.issuers[id].admin != caller) return ICredentialRegistry.NotAdmin.selector;
        if (operator.roles > ALL_ROLES) return ICredentialRegistry.RolesInvalid.selector;
        bool isPeriod = operator.validFrom < operator.validUntil && block.timestamp < operator.validUntil;
        return operator.roles == 0 || isPeriod ? bytes4(0) : ICredentialRegistry.PeriodInvalid.selector;
    }

    function addingKey(Records storage records, bytes32 id, address caller, bytes32 key)
        internal
        view
        returns (bytes4)
    {
        if (records.issuers[id].admin != caller) return ICredentialRegistry.NotAdmin.selector;
        if (key == 0) return ICredentialRegistry.KeyInvalid.selector;
        (bool found,) = records.positionOf(id, key);
        return found ? ICredentialRegistry.KeyAlreadyAdded.selector : bytes4(0);
    }

    function closingKey(Records storage records, bytes32 id, address caller, bytes32 key, uint64 end)
        internal
        view
        returns (bytes4)
    {
        if (records.issuers[id].admin != caller) return ICredentialRegistry.NotAdmin.selector;
        (bool found, uint256 position) = records.positionOf(id, key);
        if (!found) return ICredentialRegistry.KeyUnknown.selector;
        ICredentialRegistry.AssertionKey storage period = records.keys[id][position];
        bool isEarlier = period.validFrom <= end && end < period.validUntil;
        return isEarlier ? bytes4(0) : ICredentialRegistry.KeyEndInvalid.selector;
    }

    function accrediting(Records storage records, bytes32 id, uint64 until) internal view returns (bytes4) {
        if (records.issuers[id].registeredAt == 0) return ICredentialRegistry.IssuerUnknown.selector;
        return until > block.timestamp ? bytes4(0) : ICredentialRegistry.PeriodInvalid.selector;
    }

    function operating(Records storage records, bytes32 id, address account, uint8 role)
        internal
        view
        returns (bytes4)
    {
        ICredentialRegistry.Operator storage operator = records.operators[id][account];
        bool isInPeriod = operator.validFrom <= block.timestamp && block.timestamp < operator.validUntil;
        bool holdsRole = (operator.roles & role) != 0;
        return holdsRole && isInPeriod ? bytes4(0) : ICredentialRegistry.NotOperator.selector;
    }

    function anchoring(Records storage records, bytes32 id, bytes32 root, uint32 size) internal view returns (bytes4) {
        if (root == 0) return ICredentialRegistry.RootInvalid.selector;
        if (size == 0) return ICredentialRegistry.TreeSizeInvalid.selector;
        bool isNew = records.anchors[id][root].anchoredAt == 0;
        return isNew ? bytes4(0) : ICredentialRegistry.AlreadyAnchored.selector;
    }

    function withdrawing(Records storage records, bytes32 id, bytes32 root, uint8 reason)
        internal
        view
        returns (bytes4)
    {
        if (reason == 0 || reason > LAST_REASON) return ICredentialRegistry.ReasonInvalid.selector;
        if (records.anchors[id][root].anchoredAt == 0) return ICredentialRegistry.NotAnchored.selector;
        bool stands = records.anchors[id][root].withdrawnAt == 0;
        return stands ? bytes4(0) : ICredentialRegistry.AlreadyWithdrawn.selector;
    }

    /// @dev For one word.
    function settingStatus(
        Records storage records,
        bytes32 id,
        ICredentialRegistry.StatusAction action,
        uint8 reason,
        uint64 word,
        uint256 mask
    ) internal view returns (bytes4) {
        bool isReinstating = action == ICredentialRegistry.StatusAction.Reinstate;
        bool fits = isReinstating ? reason == 0 : reason != 0 && reason <= LAST_REASON;
        if (!fits) return ICredentialRegistry.ReasonInvalid.selector;
        bool isRevoking = action == ICredentialRegistry.StatusAction.Revoke;
        uint256 present = isRevoking ? records.revoked[id][word] : records.suspended[id][word];
        uint256 changed = isReinstating ? mask & present : mask & ~present;
        return changed != 0 ? bytes4(0) : ICredentialRegistry.NothingToChange.selector;
    }

    /// @dev What stands between a signed act and the act itself, once its operator holds the role.
    function authorizing(Records storage records, address signer, uint256 nonce, uint64 deadline, bool isSigned)
        internal
        view
        returns (bytes4)
    {
        if (block.timestamp > deadline) return ICredentialRegistry.DeadlinePassed.selector;
        if (records.spent[signer][nonce]) return ICredentialRegistry.NonceAlreadySpent.selector;
        return isSigned ? bytes4(0) : ICredentialRegistry.SignatureInvalid.selector;
    }
}
