// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../../src/ICredentialRegistry.sol";
import {Judge} from "./Judge.sol";
import {Records} from "./Records.sol";

/// @notice Whether storage is what the calls and what the events say, getter by getter.
abstract contract Comparing is Judge {
    uint256 private constant PARTS = 4;

    /// @dev One part of one issuer: over a sequence, all of each.
    function assertStorageAsCalled(uint256 number) external view {
        _comparePart(called, number);
    }

    function assertStorageAsTold(uint256 number) external view {
        _comparePart(told, number);
    }

    function assertAllStorage() external view {
        for (uint256 i = 0; i < PARTS * issuers.length; ++i) {
            _comparePart(called, i);
            _comparePart(told, i);
        }
        for (uint256 i = 0; i < accounts.length; ++i) {
            _compareNonces(called, accounts[i]);
            _compareNonces(told, accounts[i]);
        }
        for (uint256 i = 0; i < registered.length; ++i) {
            bytes memory found = abi.encode(registry.issuerOf(registered[i]));
            vm.assertEq(found, abi.encode(called.issuers[registered[i]]));
            vm.assertEq(found, abi.encode(told.issuers[registered[i]]));
        }
    }

    function assertNonces(uint256 number) external view {
        _compareNonces(called, accounts[number % accounts.length]);
    }

    function countSpent() external view returns (uint256 count) {
        for (uint256 i = 0; i < accounts.length; ++i) {
            for (uint256 j = 0; j < NONCES; ++j) {
                if (registry.isNonceSpent(accounts[i], _nonce(j))) ++count;
                vm.assertTrue(!elsewhere.isNonceSpent(accounts[i], _nonce(j)), "spent elsewhere");
            }
        }
    }

    /// @dev One admin each, the recorded one.
    function assertAdmins() external view {
        for (uint256 i = 0; i < issuers.length; ++i) {
            address admin = registry.issuerOf(issuers[i]).admin;
            vm.assertTrue(admin != address(0), "no admin");
            vm.assertEq(admin, called.issuers[issuers[i]].admin);
        }
    }

    function _comparePart(Records storage records, uint256 number) private view {
        bytes32 id = issuers[number % issuers.length];
        uint256 part = (number / issuers.length) % PARTS;
        if (part == 0) _compareIssuer(records, id);
        else if (part == 1) _compareOperators(records, id);
        else if (part == 2) _compareRecognition(records, id);
        else _compareRecords(records, id);
    }

    function _compareIssuer(Records storage records, bytes32 id) private view {
        vm.assertEq(abi.encode(registry.issuerOf(id)), abi.encode(records.issuers[id]));
        vm.assertEq(abi.encode(registry.keysOf(id)), abi.encode(records.keys[id]));
    }

    function _compareOperators(Records storage records, bytes32 id) private view {
        for (uint256 i = 0; i < accounts.length; ++i) {
            ICredentialRegistry.Operator memory operator = records.operators[id][accounts[i]];
            vm.assertEq(abi.encode(registry.operatorOf(id, accounts[i])), abi.encode(operator));
        }
    }

    function _compareRecognition(Records storage records, bytes32 id) private view {
        for (uint256 i = 0; i < accounts.length; ++i) {
            _compareAccreditations(records, id, accounts[i]);
        }
    }

    function _compareRecords(Records storage records, bytes32 id) private view {
        for (uint256 i = 0; i < roots.length; ++i) {
            ICredentialRegistry.Anchor memory batch = records.anchors[id][roots[i]];
            vm.assertEq(abi.encode(registry.anchorOf(id, roots[i])), abi.encode(batch));
        }
        for (uint64 word = 0; word < WORDS; ++word) {
            (uint256 revoked, uint256 suspended) = registry.statusWord(id, word);
            vm.assertEq(revoked, records.revoked[id][word]);
            vm.assertEq(suspended, records.suspended[id][word]);
        }
    }

    function _compareAccreditations(Records storage records, bytes32 id, address accreditor) private view {
        ICredentialRegistry.Accreditation[] storage periods = records.accreditations[id][accreditor];
        vm.assertEq(registry.accreditationCount(accreditor, id), periods.length);
        for (uint256 i = 0; i < periods.length; ++i) {
            ICredentialRegistry.Accreditation memory found = registry.accreditationByIndex(accreditor, id, i);
            vm.assertEq(abi.encode(found), abi.encode(periods[i]));
            if (i != 0) vm.assertTrue(periods[i - 1].validUntil <= found.validFrom, "periods overlap");
        }
    }

    function _compareNonces(Records storage records, address account) private view {
        for (uint256 i = 0; i < NONCES; ++i) {
            vm.assertEq(registry.isNonceSpent(account, _nonce(i)), records.spent[account][_nonce(i)]);
        }
    }
}
