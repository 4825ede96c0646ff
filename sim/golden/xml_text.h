// Text inside XML: reports for continuous integration and pictures.
#pragma once

#include <string>

namespace npu::sim::golden {

/// Markup characters as entities; control characters that XML 1.0 does not know as blanks.
inline std::string xml_escaped(const std::string& text) {
  std::string result;
  for (const char character : text) {
    switch (character) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += static_cast<unsigned char>(character) >= 0x20 || character == '\n' || character == '\t'
                      ? character
                      : ' ';
    }
  }
  return result;
}

}  // namespace npu::sim::golden
