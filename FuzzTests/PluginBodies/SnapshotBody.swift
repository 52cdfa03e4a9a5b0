import FuzzBodies
import KubernetesClient

@testable import Plugins

extension FuzzBody {
    /// The objects of a saved state, as they stand between the file's head and its checksum.
    ///
    /// What can be read can be answered from, and is the same when it is written and read again.
    static let snapshot = FuzzBody(name: "FuzzSnapshot") { octets in
        guard let model = SavedState.read(ContiguousArray(octets)) else { return nil }
        return SavedState.complaint(model)
    }
}

/// A state in memory, written and read as the file has it.
enum SavedState {
    private static let form = ClusterModel.Form(
        usesPodNames: true, keepsZones: true, keepsImports: true, keepsPodDetails: true)

    /// A model without objects.
    static var empty: ClusterModel {
        ClusterModel(expecting: [.services, .endpointSlices, .namespaces, .pods, .serviceImports], form: form)
    }

    static func read(_ octets: ContiguousArray<UInt8>) -> ClusterModel? {
        var model = empty
        var decoder = StateDecoder(Array(octets), 0..<octets.count)
        do throws(StateFileError) {
            try model.restore(from: &decoder)
            return decoder.isAtEnd ? model : nil
        } catch {
            return nil
        }
    }

    private static func write(_ model: ClusterModel) -> ContiguousArray<UInt8>? {
        var encoder = StateEncoder()
        do throws(StateFileError) {
            try model.encode(into: &encoder) { (_: inout StateEncoder) throws(StateFileError) in }
            return encoder.octets
        } catch {
            return nil
        }
    }

    /// What is wrong with the snapshot of `model`, or with what is saved of it.
    static func complaint(_ model: ClusterModel) -> String? {
        var model = model
        _ = model.commit(serial: 1_700_000_000)
        if let complaint = ClusterAnswers.complaint(model.snapshot) { return complaint }
        guard let written = write(model) else { return "not written" }
        guard var again = read(written) else { return "what was written cannot be read" }
        _ = again.commit(serial: 1_700_000_000)
        // The order of objects is left to chance.
        guard let rewritten = write(again), rewritten.count == written.count else { return "written differently" }
        if let complaint = ClusterAnswers.complaint(again.snapshot) { return "read again: \(complaint)" }
        return nil
    }
}
