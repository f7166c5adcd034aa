// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CredentialRegistry} from "../src/CredentialRegistry.sol";
import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";
import {AnyAccount} from "./AnyAccount.sol";
import {Svm, Vm} from "./Cheats.sol";

/// @title A registry in any state, on any chain, at any time, and accounts that may be anyone
/// @notice What one act can never do to such a registry, no sequence of acts can do to a real one.
abstract contract AnyRegistry {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    Svm internal constant svm = Svm(address(uint160(uint256(keccak256("svm cheat code")))));
    uint8 internal constant ANCHOR = 1;
    uint8 internal constant REVOKE = 2;

    CredentialRegistry internal registry;
    address internal caller;
    /// @dev A contract that an act may name as its operator; any other operator has no code.
    AnyAccount internal account;
    bytes32 internal answer;
    uint256 internal answerLength;
    bool internal answerReverts;

    function setUp() public virtual {
        uint256 time = svm.createUint(64, "time");
        vm.assume(time != 0);
        vm.warp(time);
        vm.roll(svm.createUint(64, "block"));
        vm.chainId(svm.createUint(64, "chain"));
        registry = new CredentialRegistry();
        svm.enableSymbolicStorage(address(registry));
        caller = svm.createAddress("caller");
        vm.assume(caller != address(0)); // no transaction comes from the zero address
        answer = svm.createBytes32("answer");
        (answerLength, answerReverts) = _kindOfAnswer();
        account = new AnyAccount(answer, answerLength, answerReverts);
    }

    /// @dev Any one word; other answers are a matter of {SignedByTheOperator}.
    function _kindOfAnswer() internal virtual returns (uint256 length, bool reverts) {
        return (32, false);
    }

    /// @dev Calls the registry. What reverts has changed nothing, so such paths end here.
    function _do(bytes memory act) internal virtual {
        vm.prank(caller);
        (bool done,) = address(registry).call(act);
        vm.assume(done);
    }

    function _load(bytes32 slot) internal view returns (uint256) {
        return uint256(vm.load(address(registry), slot));
    }

    /// @dev Whether this operator may do this at this time.
    function _isActive(ICredentialRegistry.Operator memory operator, uint8 role) internal view returns (bool) {
        bool inPeriod = _both(operator.validFrom <= block.timestamp, block.timestamp < operator.validUntil);
        return _both((operator.roles & role) != 0, inPeriod);
    }

    /// @dev As `&&`, which would make two paths of one.
    function _both(bool left, bool right) internal pure returns (bool result) {
        assembly ("memory-safe") {
            result := and(left, right)
        }
    }

    /// @dev As `||`, which would make two paths of one.
    function _either(bool left, bool right) internal pure returns (bool result) {
        assembly ("memory-safe") {
            result := or(left, right)
        }
    }
}
