// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CredentialRegistry} from "../src/CredentialRegistry.sol";
import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";
import {SponsoredBase} from "./SponsoredBase.sol";
import {Act, TypedData} from "./TypedData.sol";

/// @notice Whose signature it is, and of what: the same for `anchorFor`, `withdrawFor` and `setStatusFor`.
contract SignatureTest is SponsoredBase {
    /// @dev An authorization as it stands, with the operator's signature of another digest.
    function _signedAs(bytes32 digest) private view returns (ICredentialRegistry.Authorization memory authorization) {
        return _authorization(_act(operator, NONCE, DEADLINE), _signature(OPERATOR_KEY, digest));
    }

    function testFuzz_RevertWhen_AnotherAccountSigned(uint256 key, uint8 number) external anyForm(number) {
        key = _within(key, 1, ORDER - 1);
        vm.assume(key != OPERATOR_KEY);
        _expectSignatureInvalid(_authorize(key, _act(operator, NONCE, DEADLINE)));
    }

    function test_RevertWhen_AnotherOperatorOfTheIssuerSigned() external eachForm {
        _setOperator(vm.addr(STRANGER_KEY), ANCHOR | REVOKE);
        _expectSignatureInvalid(_authorize(STRANGER_KEY, _act(operator, NONCE, DEADLINE)));
        Act memory act = _act(operator, NONCE, DEADLINE);
        act.operator = vm.addr(STRANGER_KEY);
        _expectSignatureInvalid(_signedAs(_digest(act)));
    }

    function testFuzz_RevertWhen_ItWasSignedForAnotherIssuer(bytes32 id, uint8 number) external anyForm(number) {
        vm.assume(id != issuerId);
        Act memory act = _act(operator, NONCE, DEADLINE);
        act.issuerId = id;
        _expectSignatureInvalid(_signedAs(_digest(act)));
    }

    function testFuzz_RevertWhen_ItWasSignedForAnotherAction(bytes4 action, uint8 number) external anyForm(number) {
        Act memory act = _act(operator, NONCE, DEADLINE);
        vm.assume(action != act.action);
        act.action = action;
        _expectSignatureInvalid(_signedAs(_digest(act)));
        // Root and size look like root and reason: but for the action, one signature would do for both.
        Form present = form;
        form = Form((uint256(form) + 1) % 3);
        act.action = _act(operator, NONCE, DEADLINE).action;
        form = present;
        _expectSignatureInvalid(_signedAs(_digest(act)));
    }

    function testFuzz_RevertWhen_ItWasSignedForAnotherPayload(bytes32 payloadHash, uint8 number)
        external
        anyForm(number)
    {
        Act memory act = _act(operator, NONCE, DEADLINE);
        vm.assume(payloadHash != act.payloadHash);
        act.payloadHash = payloadHash;
        _expectSignatureInvalid(_signedAs(_digest(act)));
    }

    function testFuzz_RevertWhen_ItWasSignedForAnotherNonce(uint256 nonce, uint8 number) external anyForm(number) {
        vm.assume(nonce != NONCE);
        _expectSignatureInvalid(_signedAs(_digest(_act(operator, nonce, DEADLINE))));
    }

    function testFuzz_RevertWhen_ItWasSignedForAnotherDeadline(uint64 deadline, uint8 number) external anyForm(number) {
        vm.assume(deadline != DEADLINE);
        _expectSignatureInvalid(_signedAs(_digest(_act(operator, NONCE, deadline))));
    }

    function testFuzz_RevertWhen_ItWasSignedForAnotherChain(uint256 chainId, uint8 number) external anyForm(number) {
        vm.assume(chainId != block.chainid);
        bytes32 domain = TypedData.domain(chainId, address(registry));
        _expectSignatureInvalid(_signedAs(TypedData.digest(_act(operator, NONCE, DEADLINE), domain)));
    }

    function testFuzz_RevertWhen_ItWasSignedForAnotherContract(address other, uint8 number) external anyForm(number) {
        vm.assume(other != address(registry));
        bytes32 domain = TypedData.domain(block.chainid, other);
        _expectSignatureInvalid(_signedAs(TypedData.digest(_act(operator, NONCE, DEADLINE), domain)));
    }

    function test_RevertWhen_ItWasUsedAtAnotherRegistryOfTheSameIssuer() external eachForm {
        ICredentialRegistry.Authorization memory authorization = _authorized();
        _submit(authorization);
        registry = new CredentialRegistry();
        vm.assertEq(_registerWithOperators(ADMIN), issuerId);
        _setOperator(operator, ANCHOR | REVOKE);
        _anchor(BATCH, SIZE);
        _expectSignatureInvalid(authorization);
        _submit(_authorized());
        vm.assertTrue(_isDone());
    }

    function testFuzz_RevertGiven_TheChainHasChangedItsIdSinceItWasSigned(uint64 chainId, uint8 number)
        external
        anyForm(number)
    {
        vm.assume(chainId != 0 && chainId != block.chainid);
        ICredentialRegistry.Authorization memory authorization = _authorized();
        vm.chainId(chainId);
        _expectSignatureInvalid(authorization);
        _submit(_authorized());
        vm.assertTrue(_isDone());
    }

    function test_RevertWhen_ItWasSignedForAnotherNameOrVersion() external eachForm {
        Act memory act = _act(operator, NONCE, DEADLINE);
        string[2][2] memory pairs = [["Cairn", "1"], ["Cairn Credential Registry", "2"]];
        for (uint256 i = 0; i < 2; ++i) {
            bytes32 domain = TypedData.domain(pairs[i][0], pairs[i][1], block.chainid, address(registry));
            _expectSignatureInvalid(_signedAs(TypedData.digest(act, domain)));
        }
    }

    function testFuzz_RevertWhen_TheSIsInTheUpperHalf(uint256 nonce, uint8 number) external anyForm(number) {
        Act memory act = _act(operator, nonce, DEADLINE);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(OPERATOR_KEY, _digest(act));
        bytes32 twin = bytes32(ORDER - uint256(s));
        vm.assertEq(ecrecover(_digest(act), 55 - v, r, twin), operator); // arithmetic would let it pass
        _expectSignatureInvalid(_authorization(act, abi.encodePacked(r, twin, 55 - v)));
        _submit(_authorization(act, abi.encodePacked(r, s, v)));
    }

    function testFuzz_RevertWhen_TheVIsNeither27Nor28(uint8 v, uint8 number) external anyForm(number) {
        vm.assume(v != 27 && v != 28);
        Act memory act = _act(operator, NONCE, DEADLINE);
        (, bytes32 r, bytes32 s) = vm.sign(OPERATOR_KEY, _digest(act));
        _expectSignatureInvalid(_authorization(act, abi.encodePacked(r, s, v)));
    }

    function test_RevertWhen_TheVIs0Or1() external eachForm {
        // The parity alone, as some libraries give it.
        Act memory act = _act(operator, NONCE, DEADLINE);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(OPERATOR_KEY, _digest(act));
        _expectSignatureInvalid(_authorization(act, abi.encodePacked(r, s, v - 27)));
        _expectSignatureInvalid(_authorization(act, abi.encodePacked(r, s, 28 - v)));
    }

    function test_RevertWhen_TheVIsTheOtherOfTheTwo() external eachForm {
        Act memory act = _act(operator, NONCE, DEADLINE);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(OPERATOR_KEY, _digest(act));
        _expectSignatureInvalid(_authorization(act, abi.encodePacked(r, s, 55 - v)));
    }

    function testFuzz_RevertWhen_AnyBitOfItIsTurned(uint256 position, uint8 number) external anyForm(number) {
        ICredentialRegistry.Authorization memory authorization = _authorized();
        position = _within(position, 0, 65 * 8 - 1);
        authorization.signature[position / 8] ^= bytes1(uint8(_bit(position % 8)));
        _expectSignatureInvalid(authorization);
    }

    function testFuzz_RevertWhen_ItIsNoSignatureAtAll(bytes32 r, bytes32 s, bool odd, uint8 number)
        external
        anyForm(number)
    {
        Act memory act = _act(operator, NONCE, DEADLINE);
        _expectSignatureInvalid(_authorization(act, abi.encodePacked(r, s, odd ? 27 : 28)));
    }

    function test_RevertWhen_ROrSIsZero() external eachForm {
        Act memory act = _act(operator, NONCE, DEADLINE);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(OPERATOR_KEY, _digest(act));
        _expectSignatureInvalid(_authorization(act, abi.encodePacked(bytes32(0), s, v)));
        _expectSignatureInvalid(_authorization(act, abi.encodePacked(r, bytes32(0), v)));
        _expectSignatureInvalid(_authorization(act, new bytes(65)));
    }

    function testFuzz_RevertWhen_ItIsNot65BytesLong(bytes calldata signature, uint8 number) external anyForm(number) {
        vm.assume(signature.length != 65);
        _expectSignatureInvalid(_authorization(_act(operator, NONCE, DEADLINE), signature));
    }

    function test_RevertWhen_ItIsCutOffOrGoesOn() external eachForm {
        ICredentialRegistry.Authorization memory authorization = _authorized();
        bytes memory signature = authorization.signature;
        uint256[5] memory lengths = [uint256(0), 1, 64, 66, 130];
        for (uint256 i = 0; i < lengths.length; ++i) {
            authorization.signature = new bytes(lengths[i]);
            for (uint256 j = 0; j < lengths[i]; ++j) {
                authorization.signature[j] = signature[j % 65];
            }
            _expectSignatureInvalid(authorization);
        }
    }

    function test_RevertWhen_ItIsACompactSignature() external eachForm {
        // EIP-2098: the parity of v in the highest bit of s. One act has one signature here, not one for each encoding.
        Act memory act = _act(operator, NONCE, DEADLINE);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(OPERATOR_KEY, _digest(act));
        bytes32 parityAndS = bytes32(uint256(s) | (uint256(v - 27) << 255));
        _expectSignatureInvalid(_authorization(act, abi.encodePacked(r, parityAndS)));
    }

    function testFuzz_RevertGiven_TheZeroAddressIsAnOperator(bytes32 r, bytes32 s, uint8 number)
        external
        anyForm(number)
    {
        // What is no signature is recovered to zero: an admin may list that account, but nobody may be it.
        _setOperator(address(0), ANCHOR | REVOKE);
        Act memory act = _act(address(0), NONCE, DEADLINE);
        _expectSignatureInvalid(_authorization(act, abi.encodePacked(r, s, uint8(28))));
        vm.assertEq(ecrecover(_digest(act), 27, bytes32(0), s), address(0));
        _expectSignatureInvalid(_authorization(act, abi.encodePacked(bytes32(0), s, uint8(27))));
    }

    function testFuzz_WhenAWalletSignsTheTypedData(uint256 nonce, uint64 deadline, uint8 number)
        external
        anyForm(number)
    {
        deadline = uint64(_within(deadline, START, FOREVER));
        Act memory act = _act(operator, nonce, deadline);
        _submit(_authorization(act, _signature(OPERATOR_KEY, vm.eip712HashTypedData(_typedData(act)))));
        vm.assertTrue(_isDone());
    }

    /// @dev The JSON that `eth_signTypedData_v4` takes.
    function _typedData(Act memory act) private view returns (string memory) {
        string memory types = string.concat(
            '{"types":{"EIP712Domain":[{"name":"name","type":"string"},{"name":"version","type":"string"},',
            '{"name":"chainId","type":"uint256"},{"name":"verifyingContract","type":"address"}],',
            '"SponsoredAct":[{"name":"issuerId","type":"bytes32"},{"name":"operator","type":"address"},',
            '{"name":"action","type":"bytes4"},{"name":"payloadHash","type":"bytes32"},',
            '{"name":"nonce","type":"uint256"},{"name":"deadline","type":"uint64"}]},"primaryType":"SponsoredAct",'
        );
        string memory domain = string.concat(
            '"domain":{"name":"Cairn Credential Registry","version":"1","chainId":"',
            string.concat(vm.toString(block.chainid), '","verifyingContract":"', vm.toString(address(registry)), '"},')
        );
        string memory head = string.concat(
            '"message":{"issuerId":"',
            string.concat(vm.toString(act.issuerId), '","operator":"', vm.toString(act.operator)),
            string.concat('","action":"', vm.toString(abi.encodePacked(act.action))),
            string.concat('","payloadHash":"', vm.toString(act.payloadHash))
        );
        string memory tail = string.concat(
            '","nonce":"', vm.toString(act.nonce), '","deadline":"', vm.toString(uint256(act.deadline)), '"}}'
        );
        return string.concat(types, domain, head, tail);
    }
}
