// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "./ICredentialRegistry.sol";

/// @notice What a contract account answers about a signature (ERC-1271).
interface IERC1271 {
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4);
}

/// @title What operators sign so that others may pay: typed data, nonces, and whose signature it is
/// @notice See the documentation in {ICredentialRegistry}.
abstract contract SponsoredActs is ICredentialRegistry {
    string private constant NAME = "Cairn Credential Registry";
    string private constant VERSION = "1";
    bytes32 private constant DOMAIN_TYPE =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant ACT_TYPE = keccak256(
        "SponsoredAct(bytes32 issuerId,address operator,bytes4 action,bytes32 payloadHash,uint256 nonce,uint64 deadline)"
    );
    /// @dev Half of the order of secp256k1: of two signatures that differ by their sign, one counts (EIP-2).
    uint256 private constant MAX_S = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;
    /// @dev Enough for a dozen owners or a passkey; a bound on what a hostile account can burn.
    uint256 private constant ERC1271_GAS = 500_000;

    mapping(address operator => mapping(uint256 word => uint256)) private _spentNonces;

    /// @inheritdoc ICredentialRegistry
    function cancelNonce(uint256 nonce) external {
        _spendNonce(msg.sender, nonce);
    }

    /// @inheritdoc ICredentialRegistry
    function isNonceSpent(address operator, uint256 nonce) external view returns (bool) {
        return (_spentNonces[operator][nonce >> 8] & _nonceBit(nonce)) != 0;
    }

    /// @inheritdoc ICredentialRegistry
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        )
    {
        fields = 0x0f; // name, version, chainId, verifyingContract
        name = NAME;
        version = VERSION;
        chainId = block.chainid;
        verifyingContract = address(this);
        salt = bytes32(0);
        extensions = new uint256[](0);
    }

    /// @dev Spends the nonce of an authorization; reverts unless its operator signed exactly this act and it is in time.
    /// The caller must have checked that the operator holds its role: only then may the operator's code be asked.
    function _spend(bytes32 issuerId, bytes4 action, bytes32 payloadHash, Authorization calldata authorization)
        internal
    {
        if (block.timestamp > authorization.deadline) revert DeadlinePassed(authorization.deadline);
        _spendNonce(authorization.operator, authorization.nonce);
        bytes32 act = keccak256(
            abi.encode(
                ACT_TYPE,
                issuerId,
                authorization.operator,
                action,
                payloadHash,
                authorization.nonce,
                authorization.deadline
            )
        );
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", _domainSeparator(), act));
        if (!_isSignedBy(authorization.operator, digest, authorization.signature)) {
            revert SignatureInvalid(authorization.operator, digest);
        }
    }

    function _spendNonce(address operator, uint256 nonce) private {
        uint256 word = nonce >> 8;
        uint256 spent = _spentNonces[operator][word];
        if ((spent & _nonceBit(nonce)) != 0) revert NonceAlreadySpent(operator, nonce);
        _spentNonces[operator][word] = spent | _nonceBit(nonce);
        emit NonceSpent(operator, nonce);
    }

    /// @dev Computed anew each time: a chain that splits changes its id, and then what was signed for the other half must
    /// not count here. It also keeps the deployed code the same on each chain.
    function _domainSeparator() private view returns (bytes32) {
        return keccak256(
            abi.encode(DOMAIN_TYPE, keccak256(bytes(NAME)), keccak256(bytes(VERSION)), block.chainid, address(this))
        );
    }

    /// @dev An account's own key counts even where it has code (EIP-7702); otherwise its code is asked.
    function _isSignedBy(address account, bytes32 digest, bytes calldata signature) private view returns (bool) {
        address signer = _recover(digest, signature);
        if (signer != address(0) && signer == account) return true;
        return account.code.length != 0 && _isApprovedBy(account, digest, signature);
    }

    /// @return the signer, or zero for what is no signature: of another length, with a high s, or a v other than 27 and 28
    function _recover(bytes32 digest, bytes calldata signature) private pure returns (address) {
        if (signature.length != 65) return address(0);
        bytes32 r = bytes32(signature[:32]);
        bytes32 s = bytes32(signature[32:64]);
        uint8 v = uint8(signature[64]);
        if (uint256(s) > MAX_S || (v != 27 && v != 28)) return address(0);
        return ecrecover(digest, v, r, s);
    }

    /// @dev Reads one word of the answer, however long it is, and takes nothing but the one right word (ERC-1271).
    function _isApprovedBy(address account, bytes32 digest, bytes calldata signature) private view returns (bool) {
        bytes memory question = abi.encodeCall(IERC1271.isValidSignature, (digest, signature));
        bool answered;
        bytes32 answer;
        // A call in Solidity copies an answer of any length, and reverts without a reason where it is too short.
        assembly ("memory-safe") {
            answered := staticcall(ERC1271_GAS, account, add(question, 0x20), mload(question), 0x00, 0x20)
            answered := and(answered, gt(returndatasize(), 0x1f))
            answer := mload(0x00)
        }
        return answered && answer == bytes32(IERC1271.isValidSignature.selector);
    }

    function _nonceBit(uint256 nonce) private pure returns (uint256) {
        return uint256(1) << (nonce & 255);
    }
}
