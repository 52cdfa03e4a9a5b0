import StandInAPIServer

/// Carries out commands.
struct Session: Sendable {
    let cluster: Cluster
    let server: StandInAPIServer

    /// Carries out a line and answers it.
    func perform(_ line: String) async {
        guard let command = Command(line) else { return StandardLines.print("error no such command: \(line)") }
        do {
            if let answer = try await perform(command) { StandardLines.print(answer) }
        } catch {
            StandardLines.print("error \(error)")
        }
    }

    private func perform(_ command: Command) async throws -> String? {
        switch command {
        case .event(let number):
            guard let change = try await cluster.change(number) else {
                return "error service \(number) has no endpoint"
            }
            return "event \(number) \(change.address) \(change.time)"
        case .churn(let rate, let seconds):
            return await begin("churn", .churn, .seconds(seconds), rate: rate)
        case .random(let count, let seed, let rate):
            return await begin("random", .anything(seed: seed), .changes(count), rate: rate)
        case .expire:
            server.forgetHistory()
            server.cutWatches()
            return "expired"
        case .stopServing:
            await server.stop()
            return "stopped"
        case .serve: return "serving \(try await server.start(port: server.port))"
        case .names(let file): return "names \(try await cluster.writeQuestions(to: file))"
        case .state: return "state \(await cluster.told) \(server.requests.count) \(server.watcherCount)"
        }
    }

    /// Starts changes in the background, one such activity at a time.
    private func begin(
        _ name: String, _ activity: Cluster.Activity, _ extent: Cluster.Extent, rate: Double
    ) async -> String? {
        guard await cluster.claim() else { return "error changes are made already" }
        Task {
            do {
                let done = try await cluster.perform(activity, extent, rate: rate)
                StandardLines.print("\(name) \(done.changes) \(done.seconds)")
            } catch {
                StandardLines.print("error \(error)")
            }
        }
        return nil
    }
}
