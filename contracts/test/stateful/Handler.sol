// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../../src/ICredentialRegistry.sol";
import {Comparing} from "./Comparing.sol";
import {IssuerActs} from "./IssuerActs.sol";
import {Reading} from "./Reading.sol";
import {Recording, Records} from "./Records.sol";
import {Rules} from "./Rules.sol";
import {SignedActs} from "./SignedActs.sol";

/// @notice What the campaign calls: three issuers (the third one's admin and operator is a multi-signature), accreditors,
/// strangers, stolen keys, replayed messages and time. Nothing here may revert: a call to the registry that does not
/// answer as the rules say fails the campaign at once.
contract Handler is IssuerActs, SignedActs, Reading, Comparing {
    using Recording for Records;
    using Rules for Records;

    uint256 public stolenKeyTries;
    uint256 public etherTries;

    constructor() {
        for (uint256 i = 0; i < 3; ++i) {
            address admin = i == 2 ? address(safe) : accounts[i];
            issuers.push(_register(admin, DID));
            _call(admin, address(elsewhere), abi.encodeCall(registry.registerIssuer, (DID)));
            for (uint256 j = 0; j < accounts.length; ++j) {
                bytes memory data =
                    abi.encodeCall(registry.setOperator, (issuers[i], accounts[j], ANCHOR | REVOKE, 0, FOREVER));
                _call(admin, address(elsewhere), data);
            }
        }
        _appoint(accounts[0], issuers[0], accounts[2], ANCHOR);
        _appoint(accounts[0], issuers[0], accounts[3], REVOKE);
        _appoint(accounts[1], issuers[1], accounts[1], ANCHOR | REVOKE);
        _appoint(accounts[1], issuers[1], accounts[3], ANCHOR | REVOKE);
        _appoint(address(safe), issuers[2], address(safe), ANCHOR | REVOKE);
    }

    function _appoint(address admin, bytes32 id, address account, uint8 roles) private {
        _setOperator(admin, id, account, ICredentialRegistry.Operator(roles, uint64(block.timestamp), FOREVER));
    }

    /// @dev The functions that the campaign chooses from: acts of operators more often than others.
    function acts() external pure returns (bytes4[] memory selectors) {
        selectors = new bytes4[](24);
        (selectors[0], selectors[1]) = (this.registerIssuer.selector, this.proposeAdmin.selector);
        (selectors[2], selectors[3]) = (this.acceptAdmin.selector, this.setOperator.selector);
        (selectors[4], selectors[5]) = (this.addKey.selector, this.closeKey.selector);
        (selectors[6], selectors[7]) = (this.accredit.selector, this.endAccreditation.selector);
        (selectors[8], selectors[9]) = (this.anchor.selector, this.withdraw.selector);
        (selectors[10], selectors[11]) = (this.setStatus.selector, this.setStatus.selector);
        (selectors[12], selectors[13]) = (this.sponsor.selector, this.sponsor.selector);
        (selectors[14], selectors[15]) = (this.sponsor.selector, this.replay.selector);
        (selectors[16], selectors[17]) = (this.replayElsewhere.selector, this.replayOnOtherChain.selector);
        (selectors[18], selectors[19]) = (this.cancelNonce.selector, this.useStolenKey.selector);
        (selectors[20], selectors[21]) = (this.pass.selector, this.remember.selector);
        (selectors[22], selectors[23]) = (this.sendEther.selector, this.anchor.selector);
    }

    /// @dev Seconds, hours, or to the moment at which some operator's period ends.
    function pass(uint256 dice) external acting(dice) {
        uint64 time = uint64(block.timestamp) + uint64(_rarely(2) ? _roll(3) : _roll(8 hours));
        uint64 end = called.operators[_anyIssuer()][_anyAccount()].validUntil;
        if (end > block.timestamp && end < block.timestamp + 2 days) time = end;
        vm.warp(time);
        vm.roll(block.number + 1 + _roll(100));
    }

    /// @dev Acts with the key of an account that was an admin or an operator, as whoever holds that key now would.
    function useStolenKey(uint256 dice) external acting(dice) {
        if (retired.length == 0) return;
        address thief = retired[_roll(retired.length)];
        bytes32 id = _anyIssuer();
        uint256 choice = _roll(6);
        if (choice == 0) _propose(thief, id, thief);
        else if (choice == 1) _addKey(thief, id, _key(_roll(KEYS)));
        else if (choice == 2) _appointItself(thief, id);
        else if (choice == 3) _act(_deedFor(id), thief);
        else _sponsor(_deedFor(id), thief);
        ++stolenKeyTries;
    }

    function _appointItself(address thief, bytes32 id) private {
        _setOperator(thief, id, thief, ICredentialRegistry.Operator(ANCHOR | REVOKE, 0, FOREVER));
    }

    function _deedFor(bytes32 id) private returns (Deed memory deed) {
        Kind[3] memory kinds = [Kind.Anchor, Kind.Withdraw, _anyStatusKind()];
        deed = _anyDeed(kinds[_roll(3)]);
        deed.issuerId = id;
    }

    function sendEther(uint256 dice) external acting(dice) {
        bytes4[4] memory selectors = [
            bytes4(0), registry.registerIssuer.selector, registry.endAccreditation.selector, registry.anchorFor.selector
        ];
        vm.deal(address(this), 1 ether);
        bytes memory data = abi.encodeWithSelector(selectors[_roll(4)], _anyIssuer());
        (bool done,) = address(registry).call{value: 1 + _roll(1 ether)}(data);
        vm.assertTrue(!done, "took ether");
        ++etherTries;
    }

    /// @dev Asks about a past moment, and keeps the answer.
    function remember(uint256 dice) external acting(dice) {
        uint64 time = uint64(block.timestamp) - 1 - uint64(_rarely(2) ? _roll(4) : _roll(12 hours));
        _remember(_anyIssuer(), accounts[_roll(2)], _key(_roll(KEYS)), time);
    }
}
