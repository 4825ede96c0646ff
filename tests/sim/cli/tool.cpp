#include "tests/sim/cli/tool.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include "hw/common/file.h"
#include "tests/support.h"

extern char** environ;

namespace npu::tests {

ToolResult run_tool(const std::vector<std::string>& arguments) {
  std::vector<std::string> program{NPUSIM_BINARY};
  program.insert(program.end(), arguments.begin(), arguments.end());
  return run_program(program);
}

ToolResult run_program(const std::vector<std::string>& program, const std::string& output_path) {
  const TemporaryFolder folder;
  const auto output = output_path.empty() ? (folder.path() / "output").string() : output_path;
  const auto errors = (folder.path() / "errors").string();
  std::vector<std::string> texts = program;
  std::vector<char*> pointers;
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), O_WRONLY | O_CREAT, 0600);
  posix_spawn_file_actions_addopen(&actions, 2, errors.c_str(), O_WRONLY | O_CREAT, 0600);
  pid_t child = 0;
  const int spawned = ::posix_spawn(&child, pointers[0], &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  REQUIRE(spawned == 0);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  ToolResult result;
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (output_path.empty()) result.output = read_text_file(output);
  result.errors = read_text_file(errors);
  return result;
}

}  // namespace npu::tests
