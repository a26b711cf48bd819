# Puts together what the programs say of themselves (cli/program_pages.h):
#
#   cmake -DPROGRAMS="a;b" -DFOLDER=… -DTEMPLATES=… -DSHARE=… -P ProgramPages.cmake
#
# FOLDER has NAME.summary, NAME.options and hourglass-NAME.1 of each program; it gets programs.h. SHARE gets the manual
# pages and, of the templates, the completion for bash and zsh. What has not changed is left alone: no one rebuilds.

set(list "// The programs: name, group, summary. Made by cmake/ProgramPages.cmake.\n")
set(OPTIONS "")
foreach(program IN LISTS PROGRAMS)
  file(READ "${FOLDER}/${program}.summary" said)
  string(REGEX MATCH "^([^\n]*)\n([^\n]*)\n$" said "${said}")
  string(APPEND list "{R\"text(${program})text\", R\"text(${CMAKE_MATCH_1})text\", R\"text(${CMAKE_MATCH_2})text\"},\n")
  file(READ "${FOLDER}/${program}.options" options)
  string(APPEND OPTIONS "_hourglass_options[${program}]='${options}'\n")
  configure_file("${FOLDER}/hourglass-${program}.1" "${SHARE}/man/man1/hourglass-${program}.1" COPYONLY)
endforeach()

file(CONFIGURE OUTPUT "${FOLDER}/programs.h" CONTENT "${list}" @ONLY)
string(REPLACE ";" " " NAMES "${PROGRAMS}")
configure_file("${TEMPLATES}/hourglass.bash.in" "${SHARE}/bash-completion/completions/hourglass" @ONLY)
configure_file("${TEMPLATES}/_hourglass.in" "${SHARE}/zsh/site-functions/_hourglass" @ONLY)
