// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";
import {Answering, Burning, Reentering, SIGNED, Watching, Working, Writing} from "./ContractAccounts.sol";
import {SponsoredBase} from "./SponsoredBase.sol";

/// @notice Operators that are contracts: the same for `anchorFor`, `withdrawFor` and `setStatusFor`.
contract ContractAccountTest is SponsoredBase {
    bytes private constant SIGNATURE = "whatever this contract takes for a signature";
    bytes32 private constant YES = bytes32(SIGNED);
    /// @dev What an account may burn, and what the registry needs beside it for the dearest of the three acts.
    uint256 private constant MOST_GAS = 500_000 + 100_000;

    /// @dev Makes an account an operator, and gives what it is to have signed.
    function _by(address account) private returns (ICredentialRegistry.Authorization memory) {
        _setOperator(account, ANCHOR | REVOKE);
        return _authorization(_act(account, NONCE, DEADLINE), SIGNATURE);
    }

    function _answering(bytes32 word, uint256 length) private returns (ICredentialRegistry.Authorization memory) {
        return _by(address(new Answering(word, length, false)));
    }

    function _expectAccepted(ICredentialRegistry.Authorization memory authorization) private {
        _submit(authorization);
        vm.assertTrue(_isDone());
    }

    function testFuzz_WhenItAccepts(bytes calldata signature, uint8 number) external anyForm(number) {
        ICredentialRegistry.Authorization memory authorization = _answering(YES, 32);
        authorization.signature = signature;
        _expectAccepted(authorization);
    }

    function testFuzz_RevertWhen_ItAnswersAnotherWord(bytes32 word, uint8 number) external anyForm(number) {
        vm.assume(word != YES);
        _expectSignatureInvalid(_answering(word, 32));
    }

    function test_RevertWhen_ItAnswersNoOrTrue() external eachForm {
        _expectSignatureInvalid(_answering(bytes32(0), 32));
        _expectSignatureInvalid(_answering(bytes32(uint256(1)), 32));
        _expectSignatureInvalid(_answering(bytes32(bytes4(0xffffffff)), 32));
        _expectSignatureInvalid(_answering(bytes32(uint256(uint32(SIGNED))), 32)); // at the wrong end of the word
    }

    function testFuzz_RevertWhen_TheAnswerIsDirtyBehindItsFourBytes(uint224 dirt, uint8 number)
        external
        anyForm(number)
    {
        vm.assume(dirt != 0);
        _expectSignatureInvalid(_answering(YES | bytes32(uint256(dirt)), 32));
    }

    function testFuzz_RevertWhen_TheAnswerIsShorterThanAWord(uint8 length, uint8 number) external anyForm(number) {
        _expectSignatureInvalid(_answering(YES, _within(length, 0, 31)));
    }

    function test_RevertWhen_ItAnswersNothingOrFourBytes() external eachForm {
        _expectSignatureInvalid(_answering(YES, 0));
        _expectSignatureInvalid(_answering(YES, 4));
    }

    function testFuzz_WhenTheAnswerIsVeryLong(uint256 length, uint8 number) external anyForm(number) {
        ICredentialRegistry.Authorization memory authorization = _answering(YES, _within(length, 33, 400_000));
        uint256 start = gasleft();
        _expectAccepted(authorization);
        vm.assertLe(start - gasleft(), MOST_GAS, "gas");
    }

    function testFuzz_RevertWhen_TheAnswerIsLongerThanItsGasAllows(uint256 length, uint8 number)
        external
        anyForm(number)
    {
        ICredentialRegistry.Authorization memory authorization = _answering(YES, _within(length, 600_000, 2 ** 32));
        uint256 start = gasleft();
        _expectSignatureInvalid(authorization);
        vm.assertLe(start - gasleft(), MOST_GAS, "gas");
    }

    function test_WhenItCountsTheGasThatItIsGiven() external eachForm {
        // GAS, which costs 2 itself, PUSH3 499,998, EQ, PUSH32 the right word, MUL, and back with the product.
        address account = address(new Burning());
        vm.etch(account, abi.encodePacked(hex"5a6207a11e147f", YES, hex"0260005260206000f3"));
        _expectAccepted(_by(account));
    }

    function test_RevertWhen_ItBurnsAllItsGas() external eachForm {
        ICredentialRegistry.Authorization memory authorization = _by(address(new Burning()));
        uint256 start = gasleft();
        _expectSignatureInvalid(authorization);
        vm.assertLe(start - gasleft(), MOST_GAS, "gas");
        vm.etch(authorization.operator, hex"fe");
        start = gasleft();
        _expectSignatureInvalid(authorization);
        vm.assertLe(start - gasleft(), MOST_GAS, "gas");
    }

    function testFuzz_RevertWhen_TheSubmitterGivesItTooLittleGas(uint256 gas, uint8 number) external anyForm(number) {
        ICredentialRegistry.Authorization memory authorization = _by(address(new Working(60_000)));
        bytes memory data = _sponsored(issuerId, authorization);
        vm.prank(SPONSOR);
        (bool done,) = address(registry).call{gas: _within(gas, 0, 60_000)}(data);
        vm.assertEq(done, false);
        vm.assertTrue(!_isDone());
        vm.assertEq(registry.isNonceSpent(authorization.operator, NONCE), false);
        _expectAccepted(authorization);
    }

    function testFuzz_RevertWhen_ItReverts(uint256 length, uint8 number) external anyForm(number) {
        _expectSignatureInvalid(_by(address(new Answering(YES, _within(length, 0, 100), true))));
    }

    function test_RevertWhen_ItWrites() external eachForm {
        Writing account = new Writing();
        _expectSignatureInvalid(_by(address(account)));
        vm.assertEq(account.times(), 0);
    }

    function test_RevertWhen_ItDestroysItself() external eachForm {
        address account = address(new Burning());
        vm.deal(account, 1 ether);
        vm.etch(account, hex"33ff"); // CALLER SELFDESTRUCT
        _expectSignatureInvalid(_by(account));
        vm.assertEq(account.balance, 1 ether);
        vm.assertEq(address(registry).balance, 0);
    }

    function test_WhenItActsWhileItIsAsked() external eachForm {
        bytes memory data = abi.encodeCall(registry.anchor, (issuerId, KEY, SIZE));
        ICredentialRegistry.Authorization memory authorization = _by(address(new Reentering(data)));
        _expectAccepted(authorization);
        vm.assertEq(registry.anchorOf(issuerId, KEY).anchoredAt, 0);
        (bool done,) = _send(authorization.operator, data);
        vm.assertTrue(done); // nothing else stood in its way
    }

    function test_WhenItCancelsOrSubmitsWhileItIsAsked() external eachForm {
        ICredentialRegistry.Authorization memory other = _answering(YES, 32);
        bytes[2] memory calls = [abi.encodeCall(registry.cancelNonce, (NONCE + 1)), _sponsored(issuerId, other)];
        for (uint256 i = 0; i < 2; ++i) {
            uint256 start = vm.snapshotState();
            ICredentialRegistry.Authorization memory authorization = _by(address(new Reentering(calls[i])));
            _expectAccepted(authorization);
            vm.assertEq(registry.isNonceSpent(authorization.operator, NONCE + 1), false);
            vm.assertEq(registry.isNonceSpent(other.operator, NONCE), false);
            vm.revertToState(start);
        }
    }

    function testFuzz_WhenItLooksAtTheRegistryWhileItIsAsked(bytes calldata signature, uint8 number)
        external
        anyForm(number)
    {
        // The account's address is in the digest, and the digest in the account: so its code is put there afterwards.
        address account = address(new Burning());
        ICredentialRegistry.Authorization memory authorization = _by(account);
        authorization.signature = signature;
        bytes32 digest = _digest(_act(account, NONCE, DEADLINE));
        vm.etch(account, address(new Watching(keccak256(abi.encode(digest, signature)), NONCE)).code);
        _expectAccepted(authorization);
    }

    function test_RevertGiven_ItHoldsNoRole() external eachForm {
        ICredentialRegistry.Authorization memory authorization = _by(address(new Burning()));
        _setOperator(authorization.operator, 0);
        uint256 start = gasleft();
        _expectNotOperator(authorization);
        vm.assertLe(start - gasleft(), 100_000, "gas"); // it was not asked
    }

    function test_RevertGiven_ItHasNoCodeYet() external eachForm {
        ICredentialRegistry.Authorization memory authorization = _by(address(0xC0DE09));
        _expectSignatureInvalid(authorization);
        vm.etch(authorization.operator, address(new Answering(YES, 32, false)).code);
        _expectAccepted(authorization);
    }

    function testFuzz_RevertGiven_ItIsAPrecompile(uint8 which, bytes calldata signature, uint8 number)
        external
        anyForm(number)
    {
        // Identity, at 4, answers with whatever it is asked.
        ICredentialRegistry.Authorization memory authorization = _by(address(uint160(_within(which, 1, 17))));
        authorization.signature = signature;
        _expectSignatureInvalid(authorization);
    }

    function test_RevertWhen_ItAnswersWithTheQuestion() external eachForm {
        address account = address(new Burning());
        vm.etch(account, hex"3660006000373660006000f3"); // returns its calldata
        _expectSignatureInvalid(_by(account));
    }

    function test_GivenItIsAKeyWithCode() external eachForm {
        // EIP-7702: a key that delegates to code. Both count, the key even if the code refuses.
        vm.etch(operator, address(new Answering(0, 32, false)).code);
        uint256 start = vm.snapshotState();
        _submit(_authorized());
        vm.assertTrue(_isDone());
        vm.revertToState(start);
        _expectSignatureInvalid(_authorize(STRANGER_KEY, _act(operator, NONCE, DEADLINE)));
        vm.etch(operator, address(new Answering(YES, 32, false)).code);
        _expectAccepted(_authorize(STRANGER_KEY, _act(operator, NONCE, DEADLINE)));
    }
}
