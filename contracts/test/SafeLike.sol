// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A multi-signature account in the manner of Safe, as small as it can be: so many of its owners must sign what
/// it executes, and what it says it has signed (ERC-1271). Signatures are 65 bytes each, in ascending order of owners.
contract SafeLike {
    bytes32 private constant DOMAIN_TYPE = keccak256("EIP712Domain(uint256 chainId,address verifyingContract)");
    bytes32 private constant MESSAGE_TYPE = keccak256("SafeMessage(bytes message)");
    bytes32 private constant EXECUTION_TYPE = keccak256("SafeExecution(address to,bytes data,uint256 nonce)");

    mapping(address account => bool) public isOwner;
    uint256 public immutable threshold;
    uint256 public nonce;

    error SignaturesInvalid();
    error OnlyItself();

    constructor(address[] memory owners, uint256 howMany) {
        threshold = howMany;
        for (uint256 i = 0; i < owners.length; ++i) {
            isOwner[owners[i]] = true;
        }
    }

    /// @notice Calls a contract in this account's name. Reverts as that call reverts.
    function execute(address to, bytes calldata data, bytes calldata signatures) external returns (bytes memory) {
        if (!_areSigned(executionHash(to, data), signatures)) revert SignaturesInvalid();
        ++nonce;
        (bool done, bytes memory answer) = to.call(data);
        if (!done) {
            assembly ("memory-safe") {
                revert(add(answer, 0x20), mload(answer))
            }
        }
        return answer;
    }

    /// @notice Changes an owner; only by `execute`.
    function replaceOwner(address previous, address next) external {
        if (msg.sender != address(this)) revert OnlyItself();
        isOwner[previous] = false;
        isOwner[next] = true;
    }

    /// @notice ERC-1271, as Safe answers it: its owners sign the hash wrapped in a message of this very account.
    function isValidSignature(bytes32 hash, bytes calldata signatures) external view returns (bytes4) {
        return _areSigned(messageHash(hash), signatures) ? this.isValidSignature.selector : bytes4(0);
    }

    /// @notice What the owners sign so that this account has signed a hash.
    function messageHash(bytes32 hash) public view returns (bytes32) {
        return _typed(keccak256(abi.encode(MESSAGE_TYPE, keccak256(abi.encode(hash)))));
    }

    /// @notice What the owners sign so that this account calls a contract next.
    function executionHash(address to, bytes calldata data) public view returns (bytes32) {
        return _typed(keccak256(abi.encode(EXECUTION_TYPE, to, keccak256(data), nonce)));
    }

    function _areSigned(bytes32 hash, bytes calldata signatures) private view returns (bool) {
        if (signatures.length != threshold * 65) return false;
        address last = address(0);
        for (uint256 i = 0; i < threshold; ++i) {
            bytes calldata one = signatures[i * 65:(i + 1) * 65];
            address owner = ecrecover(hash, uint8(one[64]), bytes32(one[:32]), bytes32(one[32:64]));
            if (owner <= last || !isOwner[owner]) return false;
            last = owner;
        }
        return true;
    }

    function _typed(bytes32 structHash) private view returns (bytes32) {
        bytes32 domain = keccak256(abi.encode(DOMAIN_TYPE, block.chainid, address(this)));
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }
}
