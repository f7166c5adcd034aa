// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";
import {Base} from "./Base.sol";
import {Act, TypedData} from "./TypedData.sol";

/// @notice Acts that an operator signs and another submits.
abstract contract SponsoredBase is Base {
    /// @dev One act of each form, all of them possible at the start: this root, that batch, and one word.
    enum Form {
        Anchor,
        Withdraw,
        SetStatus
    }

    uint256 internal constant OPERATOR_KEY = uint256(keccak256("the key of an operator"));
    uint256 internal constant STRANGER_KEY = uint256(keccak256("the key of a stranger"));
    /// @dev The order of secp256k1: a private key is smaller, and a signature's s has a twin at the order minus s.
    uint256 internal constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    address internal constant SPONSOR = address(0x590008);
    bytes32 internal constant BATCH = keccak256("a batch that is anchored");
    uint32 internal constant SIZE = 7;
    uint64 internal constant WORD = 11;
    uint256 internal constant MASK = 6;
    uint256 internal constant NONCE = 1000;
    uint64 internal constant DEADLINE = START + 1 days;

    address internal operator;
    Form internal form;

    /// @dev Runs a test once for each form, each time from the same start.
    modifier eachForm() {
        for (uint256 i = 0; i < 3; ++i) {
            form = Form(i);
            uint256 start = vm.snapshotState();
            _;
            vm.revertToState(start);
        }
    }

    /// @dev Fuzzes the form too.
    modifier anyForm(uint8 number) {
        form = Form(number % 3);
        _;
    }

    function setUp() public virtual override {
        super.setUp();
        operator = vm.addr(OPERATOR_KEY);
        _setOperator(operator, ANCHOR | REVOKE);
        _anchor(BATCH, SIZE);
    }

    function _setOperator(address account, uint8 roles) internal {
        vm.prank(ADMIN);
        registry.setOperator(issuerId, account, roles, 0, FOREVER);
    }

    function _role() internal view returns (uint8) {
        return form == Form.Anchor ? ANCHOR : REVOKE;
    }

    /// @dev The act of this form, as the operator would send it itself.
    function _direct() internal view returns (bytes memory) {
        if (form == Form.Anchor) return abi.encodeCall(registry.anchor, (issuerId, ROOT, SIZE));
        if (form == Form.Withdraw) return abi.encodeCall(registry.withdraw, (issuerId, BATCH, 1));
        return
            abi.encodeCall(
                registry.setStatus, (issuerId, ICredentialRegistry.StatusAction.Revoke, 1, _words(WORD, MASK))
            );
    }

    /// @dev The same act, as anyone would send it with the operator's signature.
    function _sponsored(bytes32 id, ICredentialRegistry.Authorization memory authorization)
        internal
        view
        returns (bytes memory)
    {
        if (form == Form.Anchor) return abi.encodeCall(registry.anchorFor, (id, ROOT, SIZE, authorization));
        if (form == Form.Withdraw) return abi.encodeCall(registry.withdrawFor, (id, BATCH, 1, authorization));
        return abi.encodeCall(
            registry.setStatusFor, (id, ICredentialRegistry.StatusAction.Revoke, 1, _words(WORD, MASK), authorization)
        );
    }

    /// @dev The typed data of the same act.
    function _act(address account, uint256 nonce, uint64 deadline) internal view returns (Act memory act) {
        act.issuerId = issuerId;
        act.operator = account;
        act.nonce = nonce;
        act.deadline = deadline;
        if (form == Form.Anchor) {
            act.action = TypedData.ANCHOR;
            act.payloadHash = keccak256(abi.encode(ROOT, SIZE));
        } else if (form == Form.Withdraw) {
            act.action = TypedData.WITHDRAW;
            act.payloadHash = keccak256(abi.encode(BATCH, uint8(1)));
        } else {
            act.action = TypedData.SET_STATUS;
            act.payloadHash = keccak256(abi.encode(uint8(0), uint8(1), _words(WORD, MASK)));
        }
    }

    /// @dev What is signed for this registry on this chain.
    function _digest(Act memory act) internal view returns (bytes32) {
        return TypedData.digest(act, TypedData.domain(block.chainid, address(registry)));
    }

    function _signature(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev An authorization for an act, with a signature by this key.
    function _authorize(uint256 key, Act memory act) internal view returns (ICredentialRegistry.Authorization memory) {
        return _authorization(act, _signature(key, _digest(act)));
    }

    function _authorization(Act memory act, bytes memory signature)
        internal
        pure
        returns (ICredentialRegistry.Authorization memory)
    {
        return ICredentialRegistry.Authorization({
            operator: act.operator, nonce: act.nonce, deadline: act.deadline, signature: signature
        });
    }

    /// @dev What the operator would sign for this form, signed.
    function _authorized() internal view returns (ICredentialRegistry.Authorization memory) {
        return _authorized(NONCE);
    }

    function _authorized(uint256 nonce) internal view returns (ICredentialRegistry.Authorization memory) {
        return _authorize(OPERATOR_KEY, _act(operator, nonce, DEADLINE));
    }

    function _submit(ICredentialRegistry.Authorization memory authorization) internal {
        (bool done,) = _send(SPONSOR, _sponsored(issuerId, authorization));
        vm.assertTrue(done);
        vm.assertTrue(registry.isNonceSpent(authorization.operator, authorization.nonce));
    }

    function _send(address sender, bytes memory data) internal returns (bool done, bytes memory answer) {
        vm.prank(sender);
        (done, answer) = address(registry).call(data);
    }

    function _isDone() internal view returns (bool) {
        if (form == Form.Anchor) return registry.anchorOf(issuerId, ROOT).anchoredAt != 0;
        if (form == Form.Withdraw) return registry.anchorOf(issuerId, BATCH).withdrawnAt != 0;
        (uint256 revoked,) = registry.statusWord(issuerId, WORD);
        return revoked == MASK;
    }

    function _expectNotOperator(ICredentialRegistry.Authorization memory authorization) internal {
        _expectRefused(
            authorization,
            abi.encodeWithSelector(ICredentialRegistry.NotOperator.selector, issuerId, authorization.operator, _role())
        );
    }

    function _expectDeadlinePassed(ICredentialRegistry.Authorization memory authorization) internal {
        _expectRefused(
            authorization, abi.encodeWithSelector(ICredentialRegistry.DeadlinePassed.selector, authorization.deadline)
        );
    }

    function _expectNonceAlreadySpent(ICredentialRegistry.Authorization memory authorization) internal {
        _expectRefused(
            authorization,
            abi.encodeWithSelector(
                ICredentialRegistry.NonceAlreadySpent.selector, authorization.operator, authorization.nonce
            )
        );
    }

    function _expectSignatureInvalid(ICredentialRegistry.Authorization memory authorization) internal {
        bytes32 digest = _digest(_act(authorization.operator, authorization.nonce, authorization.deadline));
        _expectRefused(
            authorization,
            abi.encodeWithSelector(ICredentialRegistry.SignatureInvalid.selector, authorization.operator, digest)
        );
    }

    /// @dev Submits it and expects this very error, and that nothing is half-written.
    function _expectRefused(ICredentialRegistry.Authorization memory authorization, bytes memory expected) internal {
        bool wasDone = _isDone();
        bool wasSpent = registry.isNonceSpent(authorization.operator, authorization.nonce);
        (bool done, bytes memory answer) = _send(SPONSOR, _sponsored(issuerId, authorization));
        vm.assertEq(done, false);
        vm.assertEq(answer, expected);
        vm.assertEq(_isDone(), wasDone);
        vm.assertEq(registry.isNonceSpent(authorization.operator, authorization.nonce), wasSpent);
    }
}
