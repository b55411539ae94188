// The emulated run-time compiler: g++ makes a shared library of a .cu source. The objects that it links and the headers it includes lie beside
// this library.
#include <dlfcn.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <regex>
#include <sstream>

#include "emulated.h"
#include "image.h"

extern char** environ;

namespace emulated {

namespace {

enum NvrtcStatus { NVRTC_SUCCESS = 0, NVRTC_INVALID_INPUT = 3, NVRTC_INVALID_PROGRAM = 4, NVRTC_INVALID_OPTION = 5, NVRTC_COMPILATION = 6, NVRTC_INTERNAL = 11 };

struct Program {
    std::string name, source, log, code;
    std::vector<std::pair<std::string, std::string>> headers;
};

std::set<Program*> programs;

std::string folder() {
    Dl_info info;
    dladdr(reinterpret_cast<void*>(&folder), &info);
    const std::string path = info.dli_fname;
    return path.substr(0, path.rfind('/'));
}

std::string read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

void write(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

int shell(const std::string& command) {
    const char* arguments[] = {"/bin/sh", "-c", command.c_str(), nullptr};
    pid_t child;
    if (posix_spawn(&child, "/bin/sh", nullptr, nullptr, const_cast<char**>(arguments), environ) != 0) return -1;
    int status = -1;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

std::string table(const std::string& source) {
    static const std::regex comment(R"(//[^\n]*|/\*(?:[^*]|\*+[^*/])*\*+/)");
    static const std::regex kernel(R"(\bKERNEL\s+(?:__launch_bounds__\s*\(([^()]*)\)\s*)?(\w+)\s*\()");
    const std::string text = std::regex_replace(source, comment, " ");
    std::string entries;
    for (auto match = std::sregex_iterator(text.begin(), text.end(), kernel); match != std::sregex_iterator(); ++match) {
        const std::string name = (*match)[2], unpack = "emulator::Unpack<&" + name + ">";
        entries += "    {\"" + name + "\", " + unpack + "::run, " + unpack + "::SIZES, " + unpack + "::COUNT, emulator::mostThreads(" + (*match)[1].str() + ")},\n";
    }
    return "const emulator::Entry criaKernels[] = {\n" + entries + "    {\"\", nullptr, nullptr, 0, 0}};\n";
}

/** The options that g++ needs of NVRTC's; false for one that NVRTC does not know. */
bool translate(const std::string& option, std::string& translated) {
    static const std::regex architecture("(--gpu-architecture|-arch)=(sm|compute)_[0-9]+[af]?");
    static const std::regex standard("(--std|-std)=c\\+\\+(17|20)");
    static const std::regex definition("(-D|--define-macro=)\\w+(=\\w*)?");
    static const std::regex ignored("-lineinfo|--generate-line-info|--fmad=true|-default-device|--device-as-default-execution-space|--device-debug|--extra-device-vectorization|--maxrregcount=[0-9]+|--ptxas-options=.*");
    std::smatch match;
    if (std::regex_match(option, architecture) || std::regex_match(option, ignored)) return true;
    if (std::regex_match(option, match, standard)) {
        translated += " -std=gnu++" + match[2].str();
    } else if (std::regex_match(option, definition)) {
        translated += " -D" + option.substr(option[1] == 'D' ? 2 : 15);
    } else {
        return false;
    }
    return true;
}

/** g++ and what it is told: no strict aliasing, because shared memory is bytes that kernels read as what they put there. */
std::string compiler() {
    const char* chosen = std::getenv("CXX");
    return std::string(chosen && *chosen ? chosen : "g++")
        + " -shared -fPIC -O2 -march=native -fvisibility=hidden -fno-strict-aliasing -fno-math-errno -fno-trapping-math -w -DCRIA_EMULATOR";
}

}  // namespace

}  // namespace emulated

using namespace emulated;

EXPORT int nvrtcVersion(int* major, int* minor) {
    *major = 13;
    *minor = 0;
    return NVRTC_SUCCESS;
}

namespace {
const int ARCHITECTURES[] = {75, 80, 86, 87, 88, 89, 90, 100, 103, 110, 120, 121};
}

EXPORT int nvrtcGetNumSupportedArchs(int* count) {
    *count = sizeof ARCHITECTURES / sizeof *ARCHITECTURES;
    return NVRTC_SUCCESS;
}

EXPORT int nvrtcGetSupportedArchs(int* list) {
    std::memcpy(list, ARCHITECTURES, sizeof ARCHITECTURES);
    return NVRTC_SUCCESS;
}

EXPORT const char* nvrtcGetErrorString(int status) {
    switch (status) {
        case NVRTC_SUCCESS: return "NVRTC_SUCCESS";
        case NVRTC_INVALID_INPUT: return "NVRTC_ERROR_INVALID_INPUT";
        case NVRTC_INVALID_PROGRAM: return "NVRTC_ERROR_INVALID_PROGRAM";
        case NVRTC_INVALID_OPTION: return "NVRTC_ERROR_INVALID_OPTION";
        case NVRTC_COMPILATION: return "NVRTC_ERROR_COMPILATION";
        default: return "NVRTC_ERROR_INTERNAL_ERROR";
    }
}

EXPORT int nvrtcCreateProgram(void** handle, const char* source, const char* name, int headers, const char* const* texts, const char* const* names) {
    Guard guard(lock);
    if (!handle || !source || headers < 0) return NVRTC_INVALID_INPUT;
    auto* program = new Program;
    program->source = source;
    program->name = name ? name : "default_program";
    for (int i = 0; i < headers; i++) program->headers.emplace_back(names[i], texts[i]);
    programs.insert(program);
    *handle = program;
    return NVRTC_SUCCESS;
}

EXPORT int nvrtcDestroyProgram(void** handle) {
    Guard guard(lock);
    auto* program = static_cast<Program*>(*handle);
    if (!programs.erase(program)) return NVRTC_INVALID_PROGRAM;
    delete program;
    *handle = nullptr;
    return NVRTC_SUCCESS;
}

EXPORT int nvrtcCompileProgram(void* handle, int count, const char* const* options) {
    auto* program = static_cast<Program*>(handle);
    std::string translated;
    for (int i = 0; i < count; i++)
        if (!translate(options[i], translated)) {
            program->log = std::string("nvrtc: error: invalid option: ") + options[i];
            return NVRTC_INVALID_OPTION;
        }
    const char* temporary = std::getenv("TMPDIR");
    std::string place = std::string(temporary ? temporary : "/tmp") + "/cria-nvrtc-XXXXXX";
    if (!mkdtemp(place.data())) return NVRTC_INTERNAL;
    for (const auto& [name, text] : program->headers) write(place + "/" + name, text);
    write(place + "/kernels.cpp",
          "#include \"device.cuh\"\n#include \"kernel_table.h\"\nnamespace {\n#line 1 \"" + program->name + "\"\n" + program->source + "\n" + table(program->source)
              + "}\nCRIA_MODULE(criaKernels)\n");
    const std::string command = compiler() + translated + " -I'" + place + "' -I'" + folder() + "' -o '" + place + "/kernels.so' '" + place + "/kernels.cpp' '"
        + folder() + "/emulator.o' '" + folder() + "/warp.o' > '" + place + "/log' 2>&1";
    const int status = shell(command);
    program->log = read(place + "/log");
    if (status == 0) {
        const std::string library = read(place + "/kernels.so");
        Image image;
        std::memcpy(image.magic, Image::MAGIC, sizeof image.magic);
        image.bytes = library.size();
        program->code = std::string(reinterpret_cast<const char*>(&image), sizeof image) + library;
    }
    shell("rm -rf '" + place + "'");
    return status == 0 ? NVRTC_SUCCESS : NVRTC_COMPILATION;
}

EXPORT int nvrtcGetProgramLogSize(void* program, std::size_t* bytes) {
    *bytes = static_cast<Program*>(program)->log.size() + 1;
    return NVRTC_SUCCESS;
}

EXPORT int nvrtcGetProgramLog(void* program, char* log) {
    const std::string& text = static_cast<Program*>(program)->log;
    std::memcpy(log, text.c_str(), text.size() + 1);
    return NVRTC_SUCCESS;
}

EXPORT int nvrtcGetCUBINSize(void* program, std::size_t* bytes) {
    *bytes = static_cast<Program*>(program)->code.size();
    return NVRTC_SUCCESS;
}

EXPORT int nvrtcGetCUBIN(void* program, char* code) {
    const std::string& bytes = static_cast<Program*>(program)->code;
    std::memcpy(code, bytes.data(), bytes.size());
    return NVRTC_SUCCESS;
}

EXPORT int nvrtcGetPTXSize(void* program, std::size_t* bytes) { return nvrtcGetCUBINSize(program, bytes); }
EXPORT int nvrtcGetPTX(void* program, char* code) { return nvrtcGetCUBIN(program, code); }
