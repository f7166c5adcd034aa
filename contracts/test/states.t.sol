// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";
import {Base} from "./Base.sol";

contract StatesTest is Base {
    function blockIn(bytes calldata answer) public pure returns (uint256 number, uint256 time) {
        return abi.decode(answer, (uint256, uint256));
    }

    function issuersIn(bytes calldata answer) public pure returns (ICredentialRegistry.IssuerState[] memory issuers) {
        (,, issuers) = abi.decode(answer, (uint256, uint256, ICredentialRegistry.IssuerState[]));
    }

    function credentialsIn(bytes calldata answer)
        public
        pure
        returns (ICredentialRegistry.CredentialState[] memory credentials)
    {
        (,,, credentials) = abi.decode(answer, (uint256, uint256, uint256, ICredentialRegistry.CredentialState[]));
    }

    function _one(bytes32 id, bytes32 root, uint64 statusIndex, address[] memory accreditors)
        private
        view
        returns (ICredentialRegistry.CredentialState memory)
    {
        ICredentialRegistry.StateQuery[] memory queries = new ICredentialRegistry.StateQuery[](1);
        queries[0] = ICredentialRegistry.StateQuery({issuerId: id, root: root, statusIndex: statusIndex});
        ICredentialRegistry.CredentialState[] memory found =
            this.credentialsIn(_states(new bytes32[](0), queries, accreditors));
        vm.assertEq(found.length, 1);
        return found[0];
    }

    function _issuer(bytes32 id) private view returns (ICredentialRegistry.IssuerState memory) {
        bytes32[] memory ids = new bytes32[](1);
        ids[0] = id;
        ICredentialRegistry.IssuerState[] memory found =
            this.issuersIn(_states(ids, new ICredentialRegistry.StateQuery[](0), new address[](0)));
        vm.assertEq(found.length, 1);
        return found[0];
    }

    function _two() private pure returns (address[] memory accreditors) {
        accreditors = new address[](2);
        accreditors[0] = ACCREDITOR;
        accreditors[1] = SECOND_ACCREDITOR;
    }

    function _assertNotAnchored(ICredentialRegistry.CredentialState memory state) private pure {
        vm.assertEq(state.anchor.anchoredAt, 0);
        vm.assertEq(state.anchor.blockNumber, 0);
        vm.assertEq(state.anchor.treeSize, 0);
        _assertNotAccredited(state);
    }

    function _assertNotAccredited(ICredentialRegistry.CredentialState memory state) private pure {
        vm.assertEq(state.accreditor, address(0));
        _assertEmpty(state.accreditation);
    }

    function testFuzz_WhenNothingIsAsked(uint64 blockNumber, uint64 time) external {
        vm.roll(blockNumber);
        vm.warp(time);
        bytes memory answer = _states(new bytes32[](0), new ICredentialRegistry.StateQuery[](0), new address[](0));
        (uint256 foundNumber, uint256 foundTime) = this.blockIn(answer);
        vm.assertEq(foundNumber, blockNumber);
        vm.assertEq(foundTime, time);
        vm.assertEq(this.issuersIn(answer).length, 0);
        vm.assertEq(this.credentialsIn(answer).length, 0);
    }

    function testFuzz_WhenAnIssuerIsUnknown(bytes32 id) external view {
        vm.assume(id != issuerId && id != otherIssuerId);
        ICredentialRegistry.IssuerState memory state = _issuer(id);
        vm.assertEq(state.didHash, 0);
        vm.assertEq(state.registeredAt, 0);
        vm.assertEq(state.keys.length, 0);
    }

    function test_WhenAnIssuerIsKnown() external {
        _addKey(KEY);
        vm.warp(START + 1);
        _addKey(ROOT);
        vm.prank(ADMIN);
        registry.closeKey(issuerId, KEY, START + 77);
        ICredentialRegistry.IssuerState memory state = _issuer(issuerId);
        vm.assertEq(state.didHash, keccak256(bytes(DID)));
        vm.assertEq(state.registeredAt, START);
        vm.assertEq(state.keys.length, 2);
        vm.assertEq(state.keys[0].key, KEY);
        vm.assertEq(state.keys[0].validFrom, START);
        vm.assertEq(state.keys[0].validUntil, START + 77);
        vm.assertEq(state.keys[1].key, ROOT);
        vm.assertEq(state.keys[1].validFrom, START + 1);
        vm.assertEq(state.keys[1].validUntil, FOREVER);
    }

    function test_GivenTheRootWasNotAnchored() external {
        _accredit(ACCREDITOR, FOREVER, 0);
        _revoke(2, 1 << 7);
        _suspend(2, 1 << 7);
        ICredentialRegistry.CredentialState memory state = _one(issuerId, ROOT, 2 * 256 + 7, _two());
        _assertNotAnchored(state);
        vm.assertEq(state.revoked, true);
        vm.assertEq(state.suspended, true);
    }

    function test_GivenOnlyAnotherIssuerAnchoredTheRoot() external {
        _accredit(ACCREDITOR, FOREVER, 0);
        vm.prank(OTHER_ADMIN);
        registry.anchor(otherIssuerId, ROOT, 1);
        _assertNotAnchored(_one(issuerId, ROOT, 0, _two()));
    }

    function testFuzz_GivenTheRootWasAnchored(uint32 size) external {
        size = uint32(_within(size, 1, type(uint32).max));
        _anchor(ROOT, size);
        vm.warp(START + YEAR);
        vm.roll(2000);
        ICredentialRegistry.CredentialState memory state = _one(issuerId, ROOT, 0, _two());
        vm.assertEq(state.anchor.anchoredAt, START);
        vm.assertEq(state.anchor.blockNumber, 1000);
        vm.assertEq(state.anchor.treeSize, size);
        vm.assertEq(state.anchor.withdrawnAt, 0);
        vm.assertEq(state.anchor.withdrawalReason, 0);
        vm.assertEq(state.revoked, false);
        vm.assertEq(state.suspended, false);
    }

    function test_GivenTheBatchWasWithdrawn() external {
        _anchor(ROOT, 1);
        vm.warp(START + 3);
        vm.prank(REVOKER);
        registry.withdraw(issuerId, ROOT, 4);
        ICredentialRegistry.CredentialState memory state = _one(issuerId, ROOT, 0, _two());
        vm.assertEq(state.anchor.withdrawnAt, START + 3);
        vm.assertEq(state.anchor.withdrawalReason, 4);
    }

    function testFuzz_GivenAnyStatus(uint256 revoked, uint256 suspended, uint64 statusIndex) external {
        uint64 word = statusIndex / 256;
        if (revoked != 0) _revoke(word, revoked);
        if (suspended != 0) _suspend(word, suspended);
        ICredentialRegistry.CredentialState memory state = _one(issuerId, ROOT, statusIndex, _two());
        uint256 bit = _bit(statusIndex);
        vm.assertEq(state.revoked, (revoked & bit) != 0);
        vm.assertEq(state.suspended, (suspended & bit) != 0);
    }

    function test_WhenNoAccreditorIsAskedAbout() external {
        _accredit(ACCREDITOR, FOREVER, 0);
        _anchor(ROOT, 1);
        _assertNotAccredited(_one(issuerId, ROOT, 0, new address[](0)));
    }

    function test_GivenNoneOfTheAccreditorsRecognisedTheIssuer() external {
        _accredit(STRANGER, FOREVER, 0);
        vm.prank(ACCREDITOR);
        registry.accredit(otherIssuerId, FOREVER, 0);
        _anchor(ROOT, 1);
        _assertNotAccredited(_one(issuerId, ROOT, 0, _two()));
    }

    function test_GivenOnlyALaterAccreditorRecognisedTheIssuer() external {
        _accredit(SECOND_ACCREDITOR, START + YEAR, KEY);
        _anchor(ROOT, 1);
        ICredentialRegistry.CredentialState memory state = _one(issuerId, ROOT, 0, _two());
        vm.assertEq(state.accreditor, SECOND_ACCREDITOR);
        vm.assertEq(state.accreditation.validFrom, START);
        vm.assertEq(state.accreditation.validUntil, START + YEAR);
        vm.assertEq(state.accreditation.scope, KEY);
    }

    function test_GivenSeveralAccreditorsRecognisedTheIssuer() external {
        _accredit(SECOND_ACCREDITOR, FOREVER, ROOT);
        _accredit(ACCREDITOR, FOREVER, KEY);
        _anchor(ROOT, 1);
        ICredentialRegistry.CredentialState memory state = _one(issuerId, ROOT, 0, _two());
        vm.assertEq(state.accreditor, ACCREDITOR);
        vm.assertEq(state.accreditation.scope, KEY);
    }

    function test_GivenTheAccreditationBeganAfterTheAnchor() external {
        _anchor(ROOT, 1);
        vm.warp(START + 1);
        _accredit(ACCREDITOR, FOREVER, 0);
        _assertNotAccredited(_one(issuerId, ROOT, 0, _two()));
    }

    function test_GivenTheAccreditationEndedBeforeTheAnchor() external {
        _accredit(ACCREDITOR, START + 5, 0);
        vm.warp(START + 5);
        _anchor(ROOT, 1);
        _assertNotAccredited(_one(issuerId, ROOT, 0, _two()));
    }

    function test_GivenTheAccreditationEndedAfterTheAnchor() external {
        _accredit(ACCREDITOR, FOREVER, KEY);
        _anchor(ROOT, 1);
        vm.warp(START + 1);
        vm.prank(ACCREDITOR);
        registry.endAccreditation(issuerId);
        ICredentialRegistry.CredentialState memory state = _one(issuerId, ROOT, 0, _two());
        vm.assertEq(state.accreditor, ACCREDITOR);
        vm.assertEq(state.accreditation.validUntil, START + 1);
        vm.assertEq(state.accreditation.scope, KEY);
    }

    function testFuzz_WhenMuchIsAskedAtOnce(bytes32 seed, uint8 count) external {
        count %= 25;
        _accredit(ACCREDITOR, START + 50, KEY);
        _addKey(KEY);
        ICredentialRegistry.StateQuery[] memory queries = new ICredentialRegistry.StateQuery[](count);
        bytes32[] memory ids = new bytes32[](3);
        (ids[0], ids[1], ids[2]) = (otherIssuerId, UNKNOWN, issuerId);
        for (uint64 i = 0; i < count; ++i) {
            uint256 dice = uint256(keccak256(abi.encode(seed, i)));
            bytes32 root = bytes32(uint256(1 + i / 2));
            queries[i] = ICredentialRegistry.StateQuery({issuerId: ids[dice % 3], root: root, statusIndex: i * 64});
            vm.warp(START + i);
            if (dice % 5 == 0 && registry.anchorOf(issuerId, root).anchoredAt == 0) _anchor(root, 9);
            if (dice % 7 == 0) _revoke(i / 4, _bit(i * 64));
            if (dice % 11 == 0) _suspend(i / 4, _bit(i * 64));
        }
        bytes memory answer = _states(ids, queries, _two());
        ICredentialRegistry.IssuerState[] memory issuers = this.issuersIn(answer);
        ICredentialRegistry.CredentialState[] memory credentials = this.credentialsIn(answer);
        vm.assertEq(issuers[0].didHash, keccak256(bytes(DID)));
        vm.assertEq(issuers[0].keys.length, 0);
        vm.assertEq(issuers[1].registeredAt, 0);
        vm.assertEq(issuers[2].keys[0].key, KEY);
        vm.assertEq(credentials.length, count);
        for (uint256 i = 0; i < count; ++i) {
            _assertAgrees(queries[i], credentials[i]);
        }
    }

    function _assertAgrees(
        ICredentialRegistry.StateQuery memory query,
        ICredentialRegistry.CredentialState memory state
    ) private view {
        ICredentialRegistry.Anchor memory batch = registry.anchorOf(query.issuerId, query.root);
        vm.assertEq(abi.encode(state.anchor), abi.encode(batch));
        (uint256 revoked, uint256 suspended) = registry.statusWord(query.issuerId, query.statusIndex / 256);
        uint256 bit = _bit(query.statusIndex);
        vm.assertEq(state.revoked, (revoked & bit) != 0);
        vm.assertEq(state.suspended, (suspended & bit) != 0);
        ICredentialRegistry.Accreditation memory period =
            registry.accreditationAt(ACCREDITOR, query.issuerId, batch.anchoredAt);
        if (batch.anchoredAt == 0 || period.validUntil == 0) {
            _assertNotAccredited(state);
        } else {
            vm.assertEq(state.accreditor, ACCREDITOR);
            vm.assertEq(abi.encode(state.accreditation), abi.encode(period));
        }
    }
}
