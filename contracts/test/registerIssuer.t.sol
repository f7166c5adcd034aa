// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";
import {Base} from "./Base.sol";

contract RegisterIssuerTest is Base {
    function test_RevertWhen_TheDIDIsEmpty() external {
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.DidLengthInvalid.selector, 0));
        registry.registerIssuer("");
    }

    function testFuzz_RevertWhen_TheDIDIsLongerThan256Bytes(uint256 length) external {
        length = _within(length, 257, 2000);
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.DidLengthInvalid.selector, length));
        registry.registerIssuer(string(new bytes(length)));
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.DidLengthInvalid.selector, 257));
        registry.registerIssuer(string(new bytes(257)));
    }

    function test_RevertGiven_TheCallerRegisteredTheDIDBefore() external {
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.IssuerAlreadyRegistered.selector, issuerId));
        vm.prank(ADMIN);
        registry.registerIssuer(DID);
    }

    function test_RevertGiven_TheCallerHandedItsIssuerOn() external {
        vm.prank(ADMIN);
        registry.proposeAdmin(issuerId, STRANGER);
        vm.prank(STRANGER);
        registry.acceptAdmin(issuerId);
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.IssuerAlreadyRegistered.selector, issuerId));
        vm.prank(ADMIN);
        registry.registerIssuer(DID);
    }

    function test_GivenAnotherAccountRegisteredTheDIDBefore() external {
        vm.warp(START + 5);
        vm.prank(STRANGER);
        bytes32 second = registry.registerIssuer(DID);
        vm.assertTrue(second != issuerId);
        vm.assertEq(registry.issuerOf(second).admin, STRANGER);
        vm.assertEq(registry.issuerOf(issuerId).admin, ADMIN);
        vm.assertEq(registry.issuerOf(issuerId).registeredAt, START);
    }

    function testFuzz_WhenTheDIDIsNewToTheCaller(address creator, bytes calldata seed, uint64 time) external {
        vm.assume(creator != ADMIN && creator != OTHER_ADMIN);
        time = uint64(_within(time, 1, FOREVER));
        uint256 length = seed.length == 0 ? 1 : _within(seed.length, 1, 256);
        bytes memory did = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            did[i] = seed.length == 0 ? bytes1(0x64) : seed[i % seed.length];
        }
        bytes32 expected = keccak256(abi.encode(creator, keccak256(did)));
        vm.warp(time);
        vm.expectEmit(address(registry));
        emit ICredentialRegistry.IssuerRegistered(expected, creator, string(did));
        vm.prank(creator);
        bytes32 id = registry.registerIssuer(string(did));
        vm.assertEq(id, expected);
        ICredentialRegistry.Issuer memory issuer = registry.issuerOf(id);
        vm.assertEq(issuer.admin, creator);
        vm.assertEq(issuer.registeredAt, time);
        vm.assertEq(issuer.pendingAdmin, address(0));
        vm.assertEq(issuer.did, string(did));
        registry.registerIssuer(string(new bytes(256)));
        registry.registerIssuer("d");
    }
}
