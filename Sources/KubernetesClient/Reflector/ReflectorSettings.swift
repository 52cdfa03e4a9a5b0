/// The limits and times of a reflector.
package struct ReflectorSettings: Sendable {
    /// How soon to try again.
    package var retry = RetryPolicy()
    /// Whether protobuf is asked for, where the kind of object has it.
    package var prefersProtobuf = true
    /// Whether the state is asked for as a stream, where the API server has that; pages of a list are asked for otherwise.
    package var streamsLists = true
    /// What of objects is kept.
    package var details = ObjectDetails.all
    /// How many objects a page of a list has; less when pages turn out too large.
    package var pageSize = 500
    /// The largest page of a list, and the largest event of a watch, with all that is passed over in it, in bytes.
    ///
    /// Of a page that is larger half as many objects are asked for.
    package var pageLimit = 64 << 20
    /// What is held of one object at most, in bytes.
    ///
    /// A larger one is left out and counted.
    /// Far above what an API server stores, which is 1.5 MiB in protobuf.
    package var objectLimit = 4 << 20
    /// How often left out objects are told of in the log at most.
    package var leftOutPause = Duration.seconds(60)
    /// How many objects are told at once at most while a list arrives.
    package var batchSize = 200
    /// How long a watch is asked to last, chosen anew for each.
    ///
    /// Random, so that the watches of a cluster's servers do not all end together.
    package var watchDuration: @Sendable () -> Duration = { .seconds(Int.random(in: 300...600)) }
    /// How long until what the watch told is compared with a list of names and versions, chosen anew each time; never without.
    package var checkInterval: (@Sendable () -> Duration)? = { .seconds(Int.random(in: 1200...2400)) }
    /// How long such a comparison waits for a watch that stands behind the list.
    package var checkGrace = Duration.seconds(10)
    /// How often it looks meanwhile.
    package var checkPause = Duration.milliseconds(250)

    /// Creates the default settings.
    package init() {}
}
