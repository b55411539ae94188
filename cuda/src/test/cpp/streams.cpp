// The emulated driver's streams, events and graphs, and the thread that does the work.
#include "emulated.h"

#include <condition_variable>
#include <thread>

namespace emulated {

std::set<Stream*> streams;

namespace {

std::set<Event*> events;
std::set<Graph*> graphs;
Stream legacy;

/** Runs work on a thread that is no Java thread, one piece at a time. */
class Worker {
  public:
    void run(const std::function<void()>& work) {
        std::unique_lock<std::mutex> hold(mutex);
        if (!started) {
            started = true;
            std::thread([this] { loop(); }).detach();
        }
        todo = &work;
        changed.notify_all();
        changed.wait(hold, [this] { return todo == nullptr; });
    }

  private:
    void loop() {
        std::unique_lock<std::mutex> hold(mutex);
        for (;;) {
            changed.wait(hold, [this] { return todo != nullptr; });
            (*todo)();
            todo = nullptr;
            changed.notify_all();
        }
    }

    std::mutex mutex;
    std::condition_variable changed;
    const std::function<void()>* todo = nullptr;
    bool started = false;
};

// Never destroyed: its thread lives as long as the process.
Worker& worker = *new Worker;

void runUntil(Stream* stream, Event* until);

void runOne(Operation& operation) {
    if (operation.wait) {
        Event* event = operation.wait;
        if (event->pending && event->stream) runUntil(event->stream, event);
    } else if (operation.record) {
        Event* event = operation.record;
        if (event->generation == operation.generation) {
            event->pending = false;
            event->reached = std::chrono::steady_clock::now();
        }
    } else {
        operation.run();
        const std::string found = damage();
        if (!found.empty()) spoil(ILLEGAL_ADDRESS, operation.name + " " + found);
    }
}

void runUntil(Stream* stream, Event* until) {
    while (!stream->operations.empty() && usable() == SUCCESS) {
        Operation operation = std::move(stream->operations.front());
        stream->operations.pop_front();
        const bool last = until && operation.record == until && operation.generation == until->generation;
        runOne(operation);
        if (last) return;
    }
}

Status work(const std::function<void()>& body) {
    Context* context = currentContext;
    worker.run([&] {
        currentContext = context;
        openMemory();
        body();
        closeMemory();
    });
    return usable();
}

}  // namespace

Stream* streamOf(void* handle) {
    if (handle == nullptr) {
        legacy.context = currentContext;
        streams.insert(&legacy);
        return &legacy;
    }
    auto* stream = static_cast<Stream*>(handle);
    return streams.count(stream) ? stream : nullptr;
}

void enqueue(Stream* stream, Operation operation) {
    if (stream->capture) {
        stream->capture->operations.push_back(std::move(operation));
    } else {
        stream->operations.push_back(std::move(operation));
    }
}

Status drain(Stream* stream, Event* until) {
    return work([&] { runUntil(stream, until); });
}

Status drainAll() {
    return work([&] {
        for (Stream* stream : streams) runUntil(stream, nullptr);
    });
}

}  // namespace emulated

using namespace emulated;

EXPORT int cuStreamCreate(void** handle, unsigned) {
    Guard guard(lock);
    if (const Status status = usable()) return status;
    auto* stream = new Stream;
    stream->context = currentContext;
    streams.insert(stream);
    *handle = stream;
    return SUCCESS;
}

EXPORT int cuStreamDestroy_v2(void* handle) {
    Guard guard(lock);
    Stream* stream = streamOf(handle);
    if (!stream || !handle) return INVALID_HANDLE;
    drain(stream, nullptr);
    streams.erase(stream);
    delete stream;
    return SUCCESS;
}

EXPORT int cuStreamSynchronize(void* handle) {
    Guard guard(lock);
    if (const Status status = usable()) return status;
    Stream* stream = streamOf(handle);
    if (!stream) return INVALID_HANDLE;
    if (stream->capture) {
        stream->capture->invalid = true;
        return CAPTURE_UNSUPPORTED;
    }
    return drain(stream, nullptr);
}

EXPORT int cuStreamQuery(void* handle) {
    Guard guard(lock);
    if (const Status status = usable()) return status;
    Stream* stream = streamOf(handle);
    if (!stream) return INVALID_HANDLE;
    return stream->operations.empty() ? SUCCESS : (drain(stream, nullptr), NOT_READY);
}

EXPORT int cuStreamWaitEvent(void* handle, void* eventHandle, unsigned) {
    Guard guard(lock);
    if (const Status status = usable()) return status;
    Stream* stream = streamOf(handle);
    auto* event = static_cast<Event*>(eventHandle);
    if (!stream || !events.count(event)) return INVALID_HANDLE;
    if (event->captured) {
        stream->capture = event->captured;
        return SUCCESS;
    }
    if (event->recorded) enqueue(stream, {"wait", nullptr, nullptr, event, event->generation});
    return SUCCESS;
}

EXPORT int cuEventCreate(void** handle, unsigned flags) {
    Guard guard(lock);
    if (const Status status = usable()) return status;
    auto* event = new Event;
    event->timed = (flags & 2) == 0;
    events.insert(event);
    *handle = event;
    return SUCCESS;
}

EXPORT int cuEventDestroy_v2(void* handle) {
    Guard guard(lock);
    auto* event = static_cast<Event*>(handle);
    if (!events.count(event)) return INVALID_HANDLE;
    if (event->pending && event->stream) drain(event->stream, event);
    for (Stream* stream : streams)
        for (Operation& operation : stream->operations)
            if (operation.record == event || operation.wait == event) {
                operation.record = operation.wait = nullptr;
                operation.run = [] {};
            }
    events.erase(event);
    delete event;
    return SUCCESS;
}

EXPORT int cuEventRecord(void* handle, void* streamHandle) {
    Guard guard(lock);
    if (const Status status = usable()) return status;
    auto* event = static_cast<Event*>(handle);
    Stream* stream = streamOf(streamHandle);
    if (!events.count(event) || !stream) return INVALID_HANDLE;
    if (stream->capture) {
        event->captured = stream->capture;
        return SUCCESS;
    }
    event->captured = nullptr;
    event->recorded = event->pending = true;
    event->stream = stream;
    event->generation++;
    enqueue(stream, {"record", nullptr, event, nullptr, event->generation});
    return SUCCESS;
}

EXPORT int cuEventSynchronize(void* handle) {
    Guard guard(lock);
    if (const Status status = usable()) return status;
    auto* event = static_cast<Event*>(handle);
    if (!events.count(event)) return INVALID_HANDLE;
    if (event->captured) return CAPTURE_UNSUPPORTED;
    return event->pending ? drain(event->stream, event) : SUCCESS;
}

EXPORT int cuEventQuery(void* handle) {
    Guard guard(lock);
    if (const Status status = usable()) return status;
    auto* event = static_cast<Event*>(handle);
    if (!events.count(event)) return INVALID_HANDLE;
    if (!event->pending) return SUCCESS;
    drain(event->stream, event);
    return NOT_READY;
}

EXPORT int cuEventElapsedTime(float* milliseconds, void* startHandle, void* endHandle) {
    Guard guard(lock);
    auto* start = static_cast<Event*>(startHandle);
    auto* end = static_cast<Event*>(endHandle);
    if (!events.count(start) || !events.count(end) || !start->timed || !end->timed || !start->recorded || !end->recorded) {
        return INVALID_HANDLE;
    }
    if (start->pending || end->pending) return NOT_READY;
    *milliseconds = std::chrono::duration<float, std::milli>(end->reached - start->reached).count();
    return SUCCESS;
}

EXPORT int cuEventElapsedTime_v2(float* milliseconds, void* start, void* end) { return cuEventElapsedTime(milliseconds, start, end); }

EXPORT int cuStreamBeginCapture_v2(void* handle, int mode) {
    Guard guard(lock);
    if (const Status status = usable()) return status;
    Stream* stream = streamOf(handle);
    if (!stream || !handle) return CAPTURE_UNSUPPORTED;
    if (stream->capture || mode < 0 || mode > 2) return INVALID_VALUE;
    stream->capture = new Graph;
    stream->origin = true;
    graphs.insert(stream->capture);
    return SUCCESS;
}

EXPORT int cuStreamIsCapturing(void* handle, int* status) {
    Guard guard(lock);
    Stream* stream = streamOf(handle);
    if (!stream) return INVALID_HANDLE;
    *status = !stream->capture ? 0 : stream->capture->invalid ? 2 : 1;
    return SUCCESS;
}

EXPORT int cuStreamEndCapture(void* handle, void** out) {
    Guard guard(lock);
    Stream* stream = streamOf(handle);
    if (!stream || !stream->capture || !stream->origin) return INVALID_VALUE;
    Graph* graph = stream->capture;
    for (Stream* each : streams)
        if (each->capture == graph) each->capture = nullptr, each->origin = false;
    if (graph->invalid) {
        *out = nullptr;
        return CAPTURE_INVALIDATED;
    }
    *out = graph;
    return SUCCESS;
}

EXPORT int cuGraphInstantiateWithFlags(void** executable, void* handle, unsigned long long) {
    Guard guard(lock);
    auto* graph = static_cast<Graph*>(handle);
    if (!graphs.count(graph)) return INVALID_VALUE;
    auto* copy = new Graph(*graph);
    graphs.insert(copy);
    *executable = copy;
    return SUCCESS;
}

EXPORT int cuGraphUpload(void*, void*) { return SUCCESS; }

EXPORT int cuGraphLaunch(void* executable, void* streamHandle) {
    Guard guard(lock);
    if (const Status status = usable()) return status;
    auto* graph = static_cast<Graph*>(executable);
    Stream* stream = streamOf(streamHandle);
    if (!graphs.count(graph) || !stream) return INVALID_VALUE;
    for (const Operation& operation : graph->operations) enqueue(stream, operation);
    return SUCCESS;
}

EXPORT int cuGraphDestroy(void* handle) {
    Guard guard(lock);
    auto* graph = static_cast<Graph*>(handle);
    if (!graphs.erase(graph)) return INVALID_VALUE;
    delete graph;
    return SUCCESS;
}

EXPORT int cuGraphExecDestroy(void* handle) { return cuGraphDestroy(handle); }
