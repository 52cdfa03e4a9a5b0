import Basics
import Logging

extension ReflectorRun {
    func note(_ action: ReflectorStateMachine.Action, _ failure: APIFailure) {
        let operation: APIRequest.Operation = if case .list = action { .list } else { .watch }
        note(outage.failed(operation, failure, now: clock.now()))
    }

    func note(_ change: OutageReport.Change?) {
        guard let change else { return }
        if let standing = change.standing {
            client.observer.reflectorChanged(resource: endpoint.plural, to: standing)
        }
        guard let line = change.line else { return }
        reflector.logger.log(level: line.level, "\(line.text)")
    }

    /// Counts objects that are not taken, and tells of the first one now and then.
    func note(_ leftOut: [LeftOutObject]) {
        guard let first = leftOut.first else { return }
        for (reason, objects) in Dictionary(grouping: leftOut, by: \.reason) {
            client.observer.objectsLeftOut(resource: endpoint.plural, reason: reason, count: objects.count)
        }
        for metadata in leftOut.compactMap(\.metadata) { ledger?.leftOut(metadata) }
        let now = clock.now()
        guard nextLeftOutLine.map({ now >= $0 }) ?? true else { return }
        nextLeftOutLine = now + settings.leftOutPause
        let which = first.metadata.map { " (\($0.key.description.clipped()))" } ?? ""
        let why =
            switch first.reason {
            case .tooLarge: "more of it than \(settings.objectLimit) bytes would have to be kept"
            case .unreadable: "it is unreadable"
            }
        reflector.logger.warning("\(endpoint.plural): an object is left out\(which): \(why)")
    }

    func countMalformed(_ objects: [Resource]) {
        let count = objects.reduce(0) { $0 + $1.malformedAddressCount }
        guard count > 0, let first = objects.first(where: { $0.malformedAddressCount > 0 }) else { return }
        client.observer.addressesDropped(resource: endpoint.plural, count: count)
        let noun = count == 1 ? "address" : "addresses"
        reflector.logger.warning(
            "\(endpoint.plural): dropped \(count) malformed \(noun), first in \(first.metadata.key.description.clipped())"
        )
    }
}
