import AsyncHTTPClient
import Logging
import NIOCore
import NIOHTTP1

extension ReflectorRun {
    /// Compares what was told with the API server's list, again and again.
    func checkNowAndThen() async {
        guard let interval = settings.checkInterval else { return }
        while (try? await clock.sleep(interval())) != nil, !Task.isCancelled { await check() }
    }

    /// Compares what was told with the API server's list of names and versions, and lists anew when they differ.
    private func check() async {
        guard let version = ledger?.beginCheck(), let generation = ledger?.generation else { return }
        defer { if ledger?.generation == generation { ledger?.endCheck() } }
        let list: Ledger.Listing
        do throws(APIFailure) {
            list = try await listVersions(from: String(version))
        } catch {
            // Whether the API server can be reached at all is what the watch finds out.
            reflector.logger.debug("\(endpoint.plural): no check of the watch: \(error)")
            return
        }
        let end = clock.now() + settings.checkGrace
        while let ledger, ledger.generation == generation {
            let count = ledger.differences(from: list)
            guard count > 0 else { return }
            // A watch that stands behind the list may yet tell what is missing.
            if ledger.version ?? .max >= list.version || clock.now() >= end { return report(count) }
            guard (try? await clock.sleep(settings.checkPause)) != nil else { return }
        }
    }

    private func report(_ count: Int) {
        let plural = endpoint.plural
        client.observer.divergenceFound(resource: plural, count: count)
        let objects = count == 1 ? "1 object differs" : "\(count) objects differ"
        reflector.logger.warning("\(plural): \(objects) from what the watch told; listing anew")
        interrupt(.diverged)
    }

    private func listVersions(from version: String) async throws(APIFailure) -> Ledger.Listing {
        let request = reflector.selection.checkRequest(of: endpoint, resourceVersion: version)
        return try await send(request, parameters: MediaType.metadataList) { response throws(APIFailure) in
            let encodings = MetadataOnly<Resource>.encodings
            let limits = DecodingLimits(reply: 1 << 30, object: settings.objectLimit)
            var reader = Self.codec(of: response, encodings).makeListReader(limits: limits, context: context)
            var listing = Ledger.Listing(version: 0, objects: [:])
            var objects: [MetadataOnly<Resource>] = []
            do {
                for try await piece in response.body {
                    try reader.read(piece, into: &objects)
                    listing.take(&objects)
                    listing.take(reader.takeLeftOut())
                }
            } catch {
                throw APIFailure(error)
            }
            let end = try reader.finish(into: &objects)
            listing.take(&objects)
            guard end.continueToken == nil, let version = UInt64(end.resourceVersion) else {
                throw .malformed("metadata: not a whole list")
            }
            listing.version = version
            return listing
        }
    }
}

extension Ledger.Listing {
    fileprivate mutating func take<Resource>(_ batch: inout [MetadataOnly<Resource>]) {
        for object in batch { objects[Ledger.hash(object.metadata.key)] = UInt64(object.metadata.resourceVersion) ?? 0 }
        batch.removeAll(keepingCapacity: true)
    }

    fileprivate mutating func take(_ leftOut: [LeftOutObject]) {
        for metadata in leftOut.compactMap(\.metadata) {
            objects[Ledger.hash(metadata.key)] = UInt64(metadata.resourceVersion) ?? 0
        }
    }
}
