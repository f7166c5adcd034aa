// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";
import {SafeLike} from "./SafeLike.sol";
import {SponsoredBase} from "./SponsoredBase.sol";
import {Act} from "./TypedData.sol";

/// @notice A multi-signature account of three owners, two of whom must sign, as admin and as operator.
contract MultisigTest is SponsoredBase {
    uint256[3] private _keys;
    SafeLike private _safe;

    /// @dev The issuer is the multi-signature's: it registers it, and makes itself the operator.
    function setUp() public override {
        super.setUp();
        _keys =
            [uint256(keccak256("first owner")), uint256(keccak256("second owner")), uint256(keccak256("third owner"))];
        _sortKeys();
        _safe = _newSafe();
        issuerId = abi.decode(
            _execute(address(registry), abi.encodeCall(registry.registerIssuer, ("did:web:safe"))), (bytes32)
        );
        _execute(
            address(registry),
            abi.encodeCall(registry.setOperator, (issuerId, address(_safe), ANCHOR | REVOKE, 0, FOREVER))
        );
        _execute(address(registry), abi.encodeCall(registry.anchor, (issuerId, BATCH, SIZE)));
    }

    /// @dev Signatures are given in ascending order of the owners' addresses.
    function _sortKeys() private {
        for (uint256 i = 0; i < 3; ++i) {
            for (uint256 j = i + 1; j < 3; ++j) {
                if (vm.addr(_keys[i]) > vm.addr(_keys[j])) (_keys[i], _keys[j]) = (_keys[j], _keys[i]);
            }
        }
    }

    function _newSafe() private returns (SafeLike) {
        address[] memory owners = new address[](3);
        for (uint256 i = 0; i < 3; ++i) {
            owners[i] = vm.addr(_keys[i]);
        }
        return new SafeLike(owners, 2);
    }

    function _both(uint256 first, uint256 second, bytes32 hash) private pure returns (bytes memory) {
        return bytes.concat(_signature(first, hash), _signature(second, hash));
    }

    function _execute(address to, bytes memory data) private returns (bytes memory) {
        return _safe.execute(to, data, _both(_keys[0], _keys[2], _safe.executionHash(to, data)));
    }

    /// @dev What the multi-signature would sign for this form, signed by these two keys.
    function _signedBy(uint256 first, uint256 second) private view returns (ICredentialRegistry.Authorization memory) {
        Act memory act = _act(address(_safe), NONCE, DEADLINE);
        return _authorization(act, _both(first, second, _safe.messageHash(_digest(act))));
    }

    function test_GivenItIsTheAdmin() external {
        vm.assertEq(registry.issuerOf(issuerId).admin, address(_safe));
        vm.assertEq(registry.operatorOf(issuerId, address(_safe)).roles, ANCHOR | REVOKE);
        _execute(address(registry), abi.encodeCall(registry.addKey, (issuerId, KEY)));
        _execute(address(registry), abi.encodeCall(registry.closeKey, (issuerId, KEY, START + 1)));
        vm.assertEq(registry.keysOf(issuerId)[0].validUntil, START + 1);
        _execute(address(registry), abi.encodeCall(registry.proposeAdmin, (issuerId, STRANGER)));
        vm.prank(STRANGER);
        registry.acceptAdmin(issuerId);
        vm.assertEq(registry.issuerOf(issuerId).admin, STRANGER);
    }

    function test_RevertGiven_AnOwnerActsAloneForTheAdmin() external {
        for (uint256 i = 0; i < 3; ++i) {
            address owner = vm.addr(_keys[i]);
            vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.NotAdmin.selector, issuerId, owner));
            vm.prank(owner);
            registry.setOperator(issuerId, owner, ANCHOR, 0, FOREVER);
        }
        bytes memory data = abi.encodeCall(registry.addKey, (issuerId, KEY));
        bytes memory signature = _signature(_keys[0], _safe.executionHash(address(registry), data));
        vm.expectRevert(abi.encodeWithSelector(SafeLike.SignaturesInvalid.selector));
        _safe.execute(address(registry), data, signature);
        vm.assertEq(registry.keysOf(issuerId).length, 0);
    }

    function test_GivenItIsTheOperator() external eachForm {
        _execute(address(registry), _direct());
        vm.assertTrue(_isDone());
    }

    function test_WhenEnoughOwnersSigned() external eachForm {
        uint256[2][3] memory pairs = [[_keys[0], _keys[1]], [_keys[0], _keys[2]], [_keys[1], _keys[2]]];
        for (uint256 i = 0; i < 3; ++i) {
            uint256 start = vm.snapshotState();
            vm.expectEmit(address(registry));
            emit ICredentialRegistry.NonceSpent(address(_safe), NONCE);
            _submit(_signedBy(pairs[i][0], pairs[i][1]));
            vm.assertTrue(_isDone());
            vm.revertToState(start);
        }
    }

    function test_RevertWhen_TooFewOwnersSigned() external eachForm {
        ICredentialRegistry.Authorization memory authorization = _signedBy(_keys[0], _keys[1]);
        bytes32 hash = _safe.messageHash(_digest(_act(address(_safe), NONCE, DEADLINE)));
        authorization.signature = _signature(_keys[0], hash); // 65 bytes, as a key's own signature has
        _expectSignatureInvalid(authorization);
        authorization.signature = "";
        _expectSignatureInvalid(authorization);
    }

    function test_RevertWhen_AnOwnerSignedTwice() external eachForm {
        _expectSignatureInvalid(_signedBy(_keys[0], _keys[0]));
    }

    function testFuzz_RevertWhen_AStrangerSignedWithAnOwner(uint256 key, uint8 number) external anyForm(number) {
        key = _within(key, 1, ORDER - 1);
        vm.assume(key != _keys[0] && key != _keys[1] && key != _keys[2]);
        // In either place, so that the two are in ascending order once.
        _expectSignatureInvalid(key % 2 == 0 ? _signedBy(_keys[0], key) : _signedBy(key, _keys[2]));
    }

    function test_RevertWhen_TheOwnersSignedTheDigestAsTheirOwn() external eachForm {
        Act memory act = _act(address(_safe), NONCE, DEADLINE);
        _expectSignatureInvalid(_authorization(act, _both(_keys[0], _keys[1], _digest(act))));
        _expectSignatureInvalid(_authorize(_keys[0], act));
    }

    function test_RevertWhen_TheySignedForAnotherAccountOfTheSameOwners() external eachForm {
        SafeLike twin = _newSafe();
        _execute(
            address(registry),
            abi.encodeCall(registry.setOperator, (issuerId, address(twin), ANCHOR | REVOKE, 0, FOREVER))
        );
        ICredentialRegistry.Authorization memory authorization = _signedBy(_keys[0], _keys[1]);
        authorization.operator = address(twin);
        _expectSignatureInvalid(authorization);
    }

    function test_RevertGiven_AnOwnerWasReplacedAfterItSigned() external eachForm {
        ICredentialRegistry.Authorization memory authorization = _signedBy(_keys[0], _keys[1]);
        _execute(address(_safe), abi.encodeCall(_safe.replaceOwner, (vm.addr(_keys[1]), STRANGER)));
        _expectSignatureInvalid(authorization);
        _submit(_signedBy(_keys[0], _keys[2]));
        vm.assertTrue(_isDone());
    }

    function test_RevertGiven_ItCancelledTheNonce() external eachForm {
        ICredentialRegistry.Authorization memory authorization = _signedBy(_keys[0], _keys[1]);
        _execute(address(registry), abi.encodeCall(registry.cancelNonce, (NONCE)));
        _expectNonceAlreadySpent(authorization);
    }
}
