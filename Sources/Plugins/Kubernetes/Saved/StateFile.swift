import Basics
import Crypto

/// The last good state of a cluster on disk: written whole beside the old one and then put in its place.
///
/// Shape: magic, version, the scope as text, the time of writing in nanoseconds since 1970, the model's objects, each kind with its
/// number in front, and the SHA-256 of all that.
struct StateFile: Sendable {
    let path: String
    /// What the state is of: a file of another cluster, or of other options, is not used.
    let scope: String

    static let version: UInt16 = 1
    private static let magic = ContiguousArray("needletail state".utf8)
    /// The largest file that is read.
    private static let sizeLimit = 256 << 20
    private static let checksumLength = 32

    // MARK: Writing

    /// Writes the objects of `model`.
    ///
    /// - Parameter now: nanoseconds since 1970.
    /// - Throws: `unreadable` with what the system said; the former file is still there then.
    func write(_ model: ClusterModel, now: UInt64) throws(StateFileError) {
        let output: ReplacementFile
        do { output = try ReplacementFile(for: path) } catch { throw StateFileError(error) }
        do throws(StateFileError) {
            try write(model, now: now, to: output)
        } catch {
            output.discard()
            throw error
        }
    }

    private func write(_ model: ClusterModel, now: UInt64, to output: ReplacementFile) throws(StateFileError) {
        var sum = SHA256()
        var encoder = StateEncoder()
        encoder.writeRaw(Self.magic)
        encoder.write(Self.version)
        encoder.write(scope)
        encoder.write(now)
        try model.encode(into: &encoder) { (encoder: inout StateEncoder) throws(StateFileError) in
            guard encoder.octets.count >= 1 << 16 else { return }
            try Self.flush(&encoder, &sum, output)
        }
        try Self.flush(&encoder, &sum, output)
        do throws(FileFailure) {
            try output.write(ContiguousArray(sum.finalize()))
            try output.finish()
        } catch {
            throw StateFileError(error)
        }
    }

    private static func flush(
        _ encoder: inout StateEncoder, _ sum: inout SHA256, _ output: ReplacementFile
    ) throws(StateFileError) {
        unsafe encoder.octets.withUnsafeBytes { unsafe sum.update(bufferPointer: $0) }
        do { try output.write(encoder.octets) } catch { throw StateFileError(error) }
        encoder.removeAll()
    }

    // MARK: Reading

    /// Puts the objects of the file into `model`.
    ///
    /// - Returns: when it was written, in nanoseconds since 1970.
    /// - Throws: why it cannot be used; `model` is as it was then.
    func read(into model: inout ClusterModel) throws(StateFileError) -> UInt64 {
        let octets: [UInt8]
        do { octets = try FileReader.read(path, atMost: Self.sizeLimit) } catch { throw StateFileError(error) }
        guard octets.starts(with: Self.magic) else { throw .foreign }
        var decoder = StateDecoder(octets, Self.magic.count..<max(Self.magic.count, octets.count - Self.checksumLength))
        let version = try decoder.read(UInt16.self)
        guard version == Self.version else { throw .version(version) }
        let end = octets.count - Self.checksumLength
        var sum = SHA256()
        unsafe octets.withUnsafeBytes { unsafe sum.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<end])) }
        guard sum.finalize().elementsEqual(octets[end...]) else { throw .damaged }
        let scope = try decoder.readText(atMost: 1 << 16)
        guard scope == self.scope else { throw .otherScope(scope) }
        let written = try decoder.read(UInt64.self)
        var restored = model
        try restored.restore(from: &decoder)
        guard decoder.isAtEnd else { throw decoder.malformed }
        model = restored
        return written
    }
}
