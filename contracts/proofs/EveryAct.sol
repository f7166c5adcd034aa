// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";
import {AnyRegistry} from "./AnyRegistry.sol";
import {Records} from "./Records.sol";

/// @title One proof for each act of the registry
/// @notice A property is a contract that says what it looks at before an act and what must be true after it. Each act
/// is done once, by any account, with any arguments. {OnlyItsIssuer} speaks of all other issuers, so that every other
/// property need only speak of the issuer that the act names.
abstract contract EveryAct is AnyRegistry {
    /// @notice What is done, about which issuer, and in whose name: the caller's, or that of whom a sponsored act names.
    struct Act {
        bytes4 selector;
        bytes32 issuerId;
        address operator;
    }

    function check_registerIssuer(string calldata did) external {
        // UnregisteredIsEmpty proves it: where no issuer is, there is no older DID to clear away.
        bytes32 issuerId = keccak256(abi.encode(caller, keccak256(bytes(did))));
        bytes32 issuer = Records.at(Records.ISSUERS, issuerId);
        vm.assume(uint64(_load(issuer) >> 160) != 0 || _load(Records.plus(issuer, 2)) == 0);
        _prove(issuerId, caller, abi.encodeCall(registry.registerIssuer, (did)));
    }

    function check_proposeAdmin(bytes32 issuerId, address pendingAdmin) external {
        _prove(issuerId, caller, abi.encodeCall(registry.proposeAdmin, (issuerId, pendingAdmin)));
    }

    function check_acceptAdmin(bytes32 issuerId) external {
        _prove(issuerId, caller, abi.encodeCall(registry.acceptAdmin, (issuerId)));
    }

    function check_setOperator(bytes32 issuerId, address operator, uint8 roles, uint64 validFrom, uint64 validUntil)
        external
    {
        _prove(
            issuerId, caller, abi.encodeCall(registry.setOperator, (issuerId, operator, roles, validFrom, validUntil))
        );
    }

    function check_addKey(bytes32 issuerId, bytes32 key) external {
        _prove(issuerId, caller, abi.encodeCall(registry.addKey, (issuerId, key)));
    }

    function check_closeKey(bytes32 issuerId, bytes32 key, uint64 validUntil) external {
        _prove(issuerId, caller, abi.encodeCall(registry.closeKey, (issuerId, key, validUntil)));
    }

    function check_accredit(bytes32 issuerId, uint64 validUntil, bytes32 scope) external {
        _prove(issuerId, caller, abi.encodeCall(registry.accredit, (issuerId, validUntil, scope)));
    }

    function check_endAccreditation(bytes32 issuerId) external {
        _prove(issuerId, caller, abi.encodeCall(registry.endAccreditation, (issuerId)));
    }

    function check_anchor(bytes32 issuerId, bytes32 root, uint32 treeSize) external {
        _prove(issuerId, caller, abi.encodeCall(registry.anchor, (issuerId, root, treeSize)));
    }

    function check_withdraw(bytes32 issuerId, bytes32 root, uint8 reason) external {
        _prove(issuerId, caller, abi.encodeCall(registry.withdraw, (issuerId, root, reason)));
    }

    function check_setStatus(
        bytes32 issuerId,
        ICredentialRegistry.StatusAction action,
        uint8 reason,
        ICredentialRegistry.StatusWord[] calldata words
    ) external {
        _prove(issuerId, caller, abi.encodeCall(registry.setStatus, (issuerId, action, reason, words)));
    }

    function check_anchorFor(
        bytes32 issuerId,
        bytes32 root,
        uint32 treeSize,
        ICredentialRegistry.Authorization calldata authorization
    ) external {
        _assumeOneKind(authorization);
        _prove(
            issuerId,
            authorization.operator,
            abi.encodeCall(registry.anchorFor, (issuerId, root, treeSize, authorization))
        );
    }

    function check_withdrawFor(
        bytes32 issuerId,
        bytes32 root,
        uint8 reason,
        ICredentialRegistry.Authorization calldata authorization
    ) external {
        _assumeOneKind(authorization);
        _prove(
            issuerId,
            authorization.operator,
            abi.encodeCall(registry.withdrawFor, (issuerId, root, reason, authorization))
        );
    }

    /// @dev One entry: that several are done one by one is proved of the direct act.
    /// @custom:halmos --array-lengths words=1,authorization.signature={0,65}
    function check_setStatusFor(
        bytes32 issuerId,
        ICredentialRegistry.StatusAction action,
        uint8 reason,
        ICredentialRegistry.StatusWord[] calldata words,
        ICredentialRegistry.Authorization calldata authorization
    ) external {
        _assumeOneKind(authorization);
        _prove(
            issuerId,
            authorization.operator,
            abi.encodeCall(registry.setStatusFor, (issuerId, action, reason, words, authorization))
        );
    }

    function check_cancelNonce(uint256 nonce) external {
        _prove(svm.createBytes32("issuerId"), caller, abi.encodeCall(registry.cancelNonce, (nonce)));
    }

    /// @dev Remembers what the property looks at.
    function _before(Act memory act) internal virtual;

    /// @dev Asserts the property.
    function _after(Act memory act) internal virtual;

    /// @dev An operator signs with a key, or is a contract that is asked with no bytes. {SignedByTheOperator} leaves it open
    /// which of them signs how; what follows is the same.
    function _assumeOneKind(ICredentialRegistry.Authorization calldata authorization) private view {
        vm.assume((authorization.signature.length == 0) == (authorization.operator == address(account)));
    }

    function _prove(bytes32 issuerId, address operator, bytes memory callData) private {
        Act memory act = Act({selector: bytes4(callData), issuerId: issuerId, operator: operator});
        _before(act);
        _do(callData);
        _after(act);
    }
}
