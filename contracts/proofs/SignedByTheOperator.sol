// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";
import {AnyRegistry} from "./AnyRegistry.sol";

/// @title A sponsored act is done only if its operator holds the role and signed exactly this act, once, in time
/// @notice The typed data is made here a second time, from EIP-712 and the sentences of the interface. What `ecrecover`
/// answers is left open: any signer for any signature.
/// @custom:halmos --array-lengths words=1,authorization.signature={0,64,65}
contract SignedByTheOperator is AnyRegistry {
    bytes32 private constant MAGIC_WORD = bytes32(bytes4(0x1626ba7e));
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    ICredentialRegistry.Operator internal operator;
    bool internal wasSpent;

    function check_anchorFor(
        bytes32 issuerId,
        bytes32 root,
        uint32 treeSize,
        ICredentialRegistry.Authorization calldata authorization
    ) external {
        _before(issuerId, authorization);
        _do(abi.encodeCall(registry.anchorFor, (issuerId, root, treeSize, authorization)));
        _after(issuerId, ANCHOR, registry.anchor.selector, abi.encode(root, treeSize), authorization);
    }

    function check_withdrawFor(
        bytes32 issuerId,
        bytes32 root,
        uint8 reason,
        ICredentialRegistry.Authorization calldata authorization
    ) external {
        _before(issuerId, authorization);
        _do(abi.encodeCall(registry.withdrawFor, (issuerId, root, reason, authorization)));
        _after(issuerId, REVOKE, registry.withdraw.selector, abi.encode(root, reason), authorization);
    }

    function check_setStatusFor(
        bytes32 issuerId,
        ICredentialRegistry.StatusAction action,
        uint8 reason,
        ICredentialRegistry.StatusWord[] calldata words,
        ICredentialRegistry.Authorization calldata authorization
    ) external {
        _before(issuerId, authorization);
        _do(abi.encodeCall(registry.setStatusFor, (issuerId, action, reason, words, authorization)));
        _after(issuerId, REVOKE, registry.setStatus.selector, abi.encode(action, reason, words), authorization);
    }

    /// @dev Every word, every length that decides something, and a revert with each of them.
    function _kindOfAnswer() internal view override returns (uint256 length, bool reverts) {
        length = svm.createUint(8, "answerLength");
        bool isShort = _either(length == 0, _either(length == 4, length == 31));
        vm.assume(_either(isShort, _either(length == 32, _either(length == 33, length == 64))));
        reverts = svm.createBool("answerReverts");
    }

    function _before(bytes32 issuerId, ICredentialRegistry.Authorization calldata authorization) private {
        operator = registry.operatorOf(issuerId, authorization.operator);
        wasSpent = registry.isNonceSpent(authorization.operator, authorization.nonce);
    }

    function _after(
        bytes32 issuerId,
        uint8 role,
        bytes4 action,
        bytes memory payload,
        ICredentialRegistry.Authorization calldata authorization
    ) private view {
        assert(_isActive(operator, role));
        assert(!wasSpent);
        assert(registry.isNonceSpent(authorization.operator, authorization.nonce));
        assert(block.timestamp <= authorization.deadline);
        bytes32 digest = _digest(issuerId, action, keccak256(payload), authorization);
        assert(_isKeySignature(authorization, digest) || _isApproval(authorization.operator));
    }

    function _isKeySignature(ICredentialRegistry.Authorization calldata authorization, bytes32 digest)
        private
        pure
        returns (bool)
    {
        bytes calldata signature = authorization.signature;
        if (signature.length != 65) return false;
        (bytes32 r, uint256 s, uint8 v) = (bytes32(signature), uint256(bytes32(signature[32:])), uint8(signature[64]));
        if (s > HALF_ORDER || v < 27 || v > 28) return false;
        address signer = ecrecover(digest, v, r, bytes32(s));
        return signer != address(0) && signer == authorization.operator;
    }

    function _isApproval(address asked) private view returns (bool) {
        return asked == address(account) && !answerReverts && answerLength >= 32 && answer == MAGIC_WORD;
    }

    function _digest(
        bytes32 issuerId,
        bytes4 action,
        bytes32 payloadHash,
        ICredentialRegistry.Authorization calldata authorization
    ) private view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Cairn Credential Registry"),
                keccak256("1"),
                block.chainid,
                address(registry)
            )
        );
        bytes32 act = keccak256(
            abi.encode(
                keccak256(
                    "SponsoredAct(bytes32 issuerId,address operator,bytes4 action,bytes32 payloadHash,uint256 nonce,uint64 deadline)"
                ),
                issuerId,
                authorization.operator,
                action,
                payloadHash,
                authorization.nonce,
                authorization.deadline
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, act));
    }
}
