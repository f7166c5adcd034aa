// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../../src/ICredentialRegistry.sol";
import {Vm} from "../Vm.sol";
import {Recording, Records} from "./Records.sol";

/// @notice Builds records from events and their blocks alone, as an indexer would.
library Rebuilding {
    using Recording for Records;

    error EventUnknown(bytes32 topic);

    function follow(Records storage records, Vm.Log[] memory logs) internal {
        for (uint256 i = 0; i < logs.length; ++i) {
            if (!_followIssuer(records, logs[i]) && !_followRecord(records, logs[i])) {
                revert EventUnknown(logs[i].topics[0]);
            }
        }
    }

    function _followIssuer(Records storage records, Vm.Log memory log) private returns (bool) {
        bytes32 topic = log.topics[0];
        bytes32 id = log.topics[1];
        if (topic == ICredentialRegistry.IssuerRegistered.selector) {
            records.register(id, _address(log.topics[2]), _time(), abi.decode(log.data, (string)));
        } else if (topic == ICredentialRegistry.AdminProposed.selector) {
            records.issuers[id].pendingAdmin = _address(log.topics[2]);
        } else if (topic == ICredentialRegistry.AdminChanged.selector) {
            records.changeAdmin(id, _address(log.topics[3]));
        } else if (topic == ICredentialRegistry.OperatorSet.selector) {
            (uint8 roles, uint64 from, uint64 until) = abi.decode(log.data, (uint8, uint64, uint64));
            records.operators[id][_address(log.topics[2])] =
                ICredentialRegistry.Operator({roles: roles, validFrom: from, validUntil: until});
        } else if (topic == ICredentialRegistry.KeyAdded.selector) {
            records.addKey(id, log.topics[2], abi.decode(log.data, (uint64)));
        } else if (topic == ICredentialRegistry.KeyClosed.selector) {
            records.closeKey(id, log.topics[2], abi.decode(log.data, (uint64)));
        } else {
            return false;
        }
        return true;
    }

    function _followRecord(Records storage records, Vm.Log memory log) private returns (bool) {
        bytes32 topic = log.topics[0];
        bytes32 id = log.topics[1];
        if (topic == ICredentialRegistry.Accredited.selector) {
            (uint64 from, uint64 until, bytes32 scope) = abi.decode(log.data, (uint64, uint64, bytes32));
            records.accredit(_address(id), log.topics[2], ICredentialRegistry.Accreditation(from, until, scope));
        } else if (topic == ICredentialRegistry.AccreditationEnded.selector) {
            records.endAccreditation(_address(id), log.topics[2], abi.decode(log.data, (uint64)));
        } else if (topic == ICredentialRegistry.Anchored.selector) {
            (uint32 size,) = abi.decode(log.data, (uint32, address));
            records.anchor(id, log.topics[2], size, _time(), uint64(block.number));
        } else if (topic == ICredentialRegistry.Withdrawn.selector) {
            (uint8 reason,) = abi.decode(log.data, (uint8, address));
            records.withdraw(id, log.topics[2], reason, _time());
        } else if (topic == ICredentialRegistry.StatusChanged.selector) {
            (ICredentialRegistry.StatusAction action,, uint256 changed,) =
                abi.decode(log.data, (ICredentialRegistry.StatusAction, uint8, uint256, address));
            _turn(records, id, action, uint64(uint256(log.topics[2])), changed);
        } else if (topic == ICredentialRegistry.NonceSpent.selector) {
            records.spent[_address(id)][uint256(log.topics[2])] = true;
        } else {
            return false;
        }
        return true;
    }

    /// @dev Every bit of the event was turned by it, so that one which was so before would come out wrong here.
    function _turn(
        Records storage records,
        bytes32 id,
        ICredentialRegistry.StatusAction action,
        uint64 word,
        uint256 changed
    ) private {
        if (action == ICredentialRegistry.StatusAction.Revoke) records.revoked[id][word] ^= changed;
        else records.suspended[id][word] ^= changed;
    }

    function _address(bytes32 topic) private pure returns (address) {
        return address(uint160(uint256(topic)));
    }

    function _time() private view returns (uint64) {
        return uint64(block.timestamp);
    }
}
