# Man pages and shell completions, which the binary's own texts become when it has been built.
find_program(HELP2MAN help2man)
if(NOT HELP2MAN)
  message(STATUS "help2man is not installed: no man pages are made")
endif()
set(manual ${PROJECT_BINARY_DIR}/manual)
add_custom_command(OUTPUT ${manual}.done DEPENDS actsparse ${PROJECT_SOURCE_DIR}/cmake/make_manual VERBATIM
  COMMAND ${CMAKE_COMMAND} -E env PATH=$ENV{PATH} ${PROJECT_SOURCE_DIR}/cmake/make_manual $<TARGET_FILE:actsparse> ${manual}
  COMMAND ${CMAKE_COMMAND} -E touch ${manual}.done)
add_custom_target(manual ALL DEPENDS ${manual}.done)

install(DIRECTORY ${manual}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT runtime)
install(DIRECTORY ${manual}/bash/ DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT runtime)
install(DIRECTORY ${manual}/zsh/ DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT runtime)
install(DIRECTORY ${manual}/fish/ DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT runtime)
