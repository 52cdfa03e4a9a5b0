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

    func countMalformed(_ objects: [Resource]) {
        let count = objects.reduce(0) { $0 + $1.malformedAddressCount }
        guard count > 0, let first = objects.first(where: { $0.malformedAddressCount > 0 }) else { return }
        client.observer.addressesDropped(resource: endpoint.plural, count: count)
        let noun = count == 1 ? "address" : "addresses"
        reflector.logger.warning(
            "\(endpoint.plural): dropped \(count) malformed \(noun), first in \(first.metadata.key)")
    }
}
