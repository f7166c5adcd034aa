// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "../Base.sol";
import {Handler} from "./Handler.sol";
import {Judge} from "./Judge.sol";

/// @notice What holds after any sequence of acts by anyone; `invariants.tree` lists it. The handler itself fails the
/// campaign if a call to the registry does not answer as the rules say, so each of these holds on top of that.
contract InvariantsTest is Base {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    Handler private _handler;

    function setUp() public override {
        vm.warp(START);
        vm.roll(1000);
        _handler = new Handler();
        registry = _handler.registry();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector({addr: address(_handler), selectors: _handler.acts()});
    }

    /// @dev One campaign for all: with one seed, a campaign for each would play the same sequences ten times.
    function invariant_AllOfThem() external view {
        string[10] memory names = [
            "I1_AnAnchorNeverVanishesNorChanges()",
            "I2_OnlyAnOperatorInItsPeriodAnchors()",
            "I3_AdminsAndAccreditorsChangeNoRecord()",
            "I4_RevokedStaysRevoked()",
            "I5_NobodyChangesWhatIsAnotherIssuers()",
            "I6_AWithdrawalCoversEachLeafAndARevocationOne()",
            "I7_ThePastNeverChanges()",
            "I8_ASignedActCountsOnceAtOnePlace()",
            "I9_NoEtherAndOneAdmin()",
            "I10_StorageIsWhatCallsAndEventsSay()"
        ];
        for (uint256 i = 0; i < names.length; ++i) {
            (bool holds,) = address(this).staticcall(abi.encodeWithSignature(names[i]));
            vm.assertTrue(holds, names[i]);
        }
    }

    function I1_AnAnchorNeverVanishesNorChanges() external view {
        _handler.assertAnchorsAsFirstSeen();
    }

    function I2_OnlyAnOperatorInItsPeriodAnchors() external view {
        vm.assertEq(_handler.unentitledChanges(), 0);
        uint256 direct = _handler.succeeded(Judge.Kind.Anchor);
        vm.assertEq(_handler.countAnchors(), direct + _handler.succeeded(Judge.Kind.AnchorFor));
    }

    function I3_AdminsAndAccreditorsChangeNoRecord() external view {
        vm.assertEq(_handler.changesByAdmins(), 0);
    }

    function I4_RevokedStaysRevoked() external view {
        _handler.assertRevocationsAsFirstSeen();
    }

    function I5_NobodyChangesWhatIsAnotherIssuers() external view {
        vm.assertEq(_handler.foreignChanges(), 0);
        vm.assertEq(_handler.unentitledChanges(), 0);
    }

    function I6_AWithdrawalCoversEachLeafAndARevocationOne() external view {
        _handler.assertVerdicts(_handler.count());
    }

    function I7_ThePastNeverChanges() external view {
        _handler.assertPastAsRemembered();
    }

    function I8_ASignedActCountsOnceAtOnePlace() external view {
        _handler.assertEachMessageAtMostOnce();
        _handler.assertNonces(_handler.count());
    }

    function I9_NoEtherAndOneAdmin() external view {
        vm.assertEq(address(registry).balance, 0);
        _handler.assertAdmins();
    }

    function I10_StorageIsWhatCallsAndEventsSay() external view {
        _handler.assertStorageAsCalled(_handler.count());
        _handler.assertStorageAsTold(_handler.count());
    }

    /// @dev After each sequence: everything once more and in full, and that a whole sequence was no row of refusals.
    function afterInvariant() external view {
        _handler.assertAllStorage();
        vm.assertEq(_handler.countSpent(), _handler.spentCount());
        if (_handler.count() < 100) return;
        (uint256 kinds, uint256 total) = _handler.countSucceeded();
        vm.assertGe(kinds, 7, "kinds of acts that succeeded");
        vm.assertGe(total, 20, "acts that succeeded");
    }
}
