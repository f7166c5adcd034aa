// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";
import {SponsoredBase} from "./SponsoredBase.sol";

contract CancelNonceTest is SponsoredBase {
    function _cancel(address account, uint256 nonce) private {
        vm.prank(account);
        registry.cancelNonce(nonce);
    }

    function testFuzz_RevertGiven_TheCallerCancelledItBefore(address account, uint256 nonce) external {
        _cancel(account, nonce);
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.NonceAlreadySpent.selector, account, nonce));
        _cancel(account, nonce);
    }

    function test_RevertGiven_TheCallerUsedItBefore() external eachForm {
        _submit(_authorized());
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.NonceAlreadySpent.selector, operator, NONCE));
        _cancel(operator, NONCE);
    }

    function testFuzz_GivenNothingWasSignedWithIt(address account, uint256 nonce, uint256 other, address neighbour)
        external
    {
        vm.assume(other != nonce && neighbour != account);
        vm.expectEmit(address(registry));
        emit ICredentialRegistry.NonceSpent(account, nonce);
        _cancel(account, nonce);
        vm.assertEq(registry.isNonceSpent(account, nonce), true);
        vm.assertEq(registry.isNonceSpent(account, other), false);
        vm.assertEq(registry.isNonceSpent(neighbour, nonce), false);
    }

    function test_RevertGiven_SomethingWasSignedWithIt() external eachForm {
        ICredentialRegistry.Authorization memory authorization = _authorized();
        _cancel(operator, NONCE);
        _expectNonceAlreadySpent(authorization);
        _submit(_authorized(NONCE + 1));
    }

    function test_GivenTheSignerIsNoOperatorAnyMore() external eachForm {
        ICredentialRegistry.Authorization memory authorization = _authorized();
        _setOperator(operator, 0);
        _cancel(operator, NONCE);
        _setOperator(operator, ANCHOR | REVOKE);
        _expectNonceAlreadySpent(authorization);
    }
}
