import Logging

extension ReflectorRun {
    func note(_ action: ReflectorStateMachine.Action, _ failure: APIFailure) {
        let operation: APIRequest.Operation = if case .list = action { .list } else { .watch }
        note(outage.failed(operation, failure, now: clock.now()), expected: failure.isExpired)
    }

    func note(_ change: OutageReport.Change?, expected: Bool = false) {
        guard let change else { return }
        if change.isFollowingChanged {
            client.observer.reflectorChanged(resource: endpoint.plural, isFollowing: change.isFollowing)
        }
        guard let text = change.text else { return }
        // Lost history is the API's everyday life, and what it costs is one list.
        let level: Logger.Level = change.isFollowing ? .notice : expected ? .info : .warning
        reflector.logger.log(level: level, "\(text)")
    }

    func countMalformed(_ objects: [Resource]) {
        let count = objects.reduce(0) { $0 + $1.malformedAddressCount }
        guard count > 0, let first = objects.first(where: { $0.malformedAddressCount > 0 }) else { return }
        client.observer.addressesDropped(resource: endpoint.plural, count: count)
        let noun = count == 1 ? "address" : "addresses"
        reflector.logger.warning(
            "\(endpoint.plural): dropped \(count) malformed \(noun), first in \(first.metadata.key)")
    }
}
