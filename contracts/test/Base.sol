// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CredentialRegistry} from "../src/CredentialRegistry.sol";
import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";
import {Vm} from "./Vm.sol";

/// @notice A registry with one issuer, its admin and its two machines. Every test contract starts from here.
abstract contract Base {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    address internal constant ADMIN = address(0xAD0001);
    address internal constant ANCHORER = address(0xAC0002);
    address internal constant REVOKER = address(0x4E0003);
    address internal constant ACCREDITOR = address(0xACC004);
    address internal constant SECOND_ACCREDITOR = address(0xACC005);
    address internal constant STRANGER = address(0x570006);
    address internal constant OTHER_ADMIN = address(0xAD0007);

    uint8 internal constant ANCHOR = 1;
    uint8 internal constant REVOKE = 2;
    uint64 internal constant FOREVER = type(uint64).max;
    uint64 internal constant START = 1_800_000_000;
    uint64 internal constant YEAR = 365 days;
    string internal constant DID = "did:web:cairn.example:issuers:usm";
    bytes32 internal constant UNKNOWN = keccak256("no issuer has this id");
    bytes32 internal constant ROOT = keccak256("a root");
    bytes32 internal constant KEY = keccak256("a key");

    ICredentialRegistry internal registry;
    bytes32 internal issuerId;
    bytes32 internal otherIssuerId;

    function setUp() public virtual {
        vm.warp(START);
        vm.roll(1000);
        registry = new CredentialRegistry();
        issuerId = _registerWithOperators(ADMIN);
        otherIssuerId = _registerWithOperators(OTHER_ADMIN);
    }

    /// @dev Registers the same DID for whoever asks: issuers are told apart by their creator.
    function _registerWithOperators(address admin) internal returns (bytes32 id) {
        vm.startPrank(admin);
        id = registry.registerIssuer(DID);
        if (admin == ADMIN) {
            registry.setOperator(id, ANCHORER, ANCHOR, START, FOREVER);
            registry.setOperator(id, REVOKER, REVOKE, START, FOREVER);
        } else {
            registry.setOperator(id, admin, ANCHOR | REVOKE, START, FOREVER);
        }
        vm.stopPrank();
    }

    function _anchor(bytes32 root, uint32 treeSize) internal {
        vm.prank(ANCHORER);
        registry.anchor(issuerId, root, treeSize);
    }

    function _withdraw(bytes32 root) internal {
        vm.prank(REVOKER);
        registry.withdraw(issuerId, root, 1);
    }

    function _addKey(bytes32 key) internal {
        vm.prank(ADMIN);
        registry.addKey(issuerId, key);
    }

    function _accredit(address accreditor, uint64 validUntil, bytes32 scope) internal {
        vm.prank(accreditor);
        registry.accredit(issuerId, validUntil, scope);
    }

    function _revoke(uint64 word, uint256 mask) internal {
        vm.prank(REVOKER);
        registry.setStatus(issuerId, ICredentialRegistry.StatusAction.Revoke, 1, _words(word, mask));
    }

    function _suspend(uint64 word, uint256 mask) internal {
        vm.prank(REVOKER);
        registry.setStatus(issuerId, ICredentialRegistry.StatusAction.Suspend, 2, _words(word, mask));
    }

    /// @dev Calls `states`. The answer is left encoded: the compiler runs out of stack when it decodes all of it at once.
    function _states(
        bytes32[] memory issuerIds,
        ICredentialRegistry.StateQuery[] memory queries,
        address[] memory accreditors
    ) internal view returns (bytes memory answer) {
        bool done;
        (done, answer) =
            address(registry).staticcall(abi.encodeCall(registry.states, (issuerIds, queries, accreditors)));
        vm.assertTrue(done);
    }

    function _words(uint64 word, uint256 mask) internal pure returns (ICredentialRegistry.StatusWord[] memory words) {
        words = new ICredentialRegistry.StatusWord[](1);
        words[0] = ICredentialRegistry.StatusWord({word: word, mask: mask});
    }

    /// @dev The mask of one status index in its word.
    function _bit(uint256 statusIndex) internal pure returns (uint256) {
        return 2 ** (statusIndex % 256);
    }

    /// @dev Folds any fuzzed value into a range, both ends included.
    function _within(uint256 value, uint256 low, uint256 high) internal pure returns (uint256) {
        if (high - low == type(uint256).max) return value;
        return low + value % (high - low + 1);
    }

    function _assertEmpty(ICredentialRegistry.Accreditation memory period) internal pure {
        vm.assertEq(period.validFrom, 0);
        vm.assertEq(period.validUntil, 0);
        vm.assertEq(period.scope, bytes32(0));
    }

    function _assertStatus(uint64 word, uint256 revoked, uint256 suspended) internal view {
        (uint256 foundRevoked, uint256 foundSuspended) = registry.statusWord(issuerId, word);
        vm.assertEq(foundRevoked, revoked);
        vm.assertEq(foundSuspended, suspended);
    }
}
