// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Handler} from "./stateful/Handler.sol";
import {Judge} from "./stateful/Judge.sol";

/// @notice That the campaign behind the invariants reaches what it should: a handler in which everything is refused
/// would show nothing. It plays as the campaign plays, by dice that are always the same.
contract HandlerTest is Base {
    uint256 private constant SEQUENCES = 20;
    uint256 private constant ACTS = 100;

    Handler private _handler;
    uint256[32] private _succeeded;
    uint256[32] private _refused;
    uint256[8] private _others;

    function setUp() public override {
        vm.warp(START);
        vm.roll(1000);
        _handler = new Handler();
    }

    function _play(uint256 sequence) private {
        bytes4[] memory acts = _handler.acts();
        for (uint256 i = 0; i < ACTS; ++i) {
            uint256 dice = uint256(keccak256(abi.encode(sequence, i)));
            (bool done,) = address(_handler).call(abi.encodeWithSelector(acts[dice % acts.length], dice));
            vm.assertTrue(done);
        }
        _handler.assertAllStorage();
    }

    function _name(uint256 kind) private pure returns (string memory) {
        return string.concat("kind ", vm.toString(kind));
    }

    function test_WhenItPlaysAsTheCampaignDoes() external {
        uint256 kinds = uint256(type(Judge.Kind).max) + 1;
        uint256[8] memory others;
        uint256[] memory succeeded = new uint256[](kinds);
        uint256[] memory refused = new uint256[](kinds);
        for (uint256 i = 0; i < SEQUENCES; ++i) {
            uint256 start = vm.snapshotState();
            _play(i);
            for (uint256 kind = 0; kind < kinds; ++kind) {
                succeeded[kind] += _handler.succeeded(Judge.Kind(kind));
                refused[kind] += _handler.refused(Judge.Kind(kind));
            }
            others[0] += _handler.stolenKeyTries();
            others[1] += _handler.triesElsewhere();
            others[2] += _handler.triesOnOtherChain();
            others[3] += _handler.etherTries();
            others[4] += _handler.sentBySafe();
            others[5] += _handler.signedBySafe();
            vm.revertToState(start);
        }
        for (uint256 kind = 0; kind < kinds; ++kind) {
            vm.assertGe(succeeded[kind], 2 * SEQUENCES / 5, string.concat(_name(kind), " succeeded"));
            vm.assertGe(refused[kind], 2 * SEQUENCES / 5, string.concat(_name(kind), " was refused"));
        }
        for (uint256 i = 0; i < 6; ++i) {
            vm.assertGe(others[i], SEQUENCES, "something else was hardly tried");
        }
    }
}
