# cmake --install build/release: what a server needs and an operator reads. deploy/agentic.service names the default prefix, /usr/local; another one has to be written into it.
include(GNUInstallDirs)
install(TARGETS agentic agentic-extract RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${CMAKE_SOURCE_DIR}/deploy/agentic.service DESTINATION lib/systemd/system)
install(FILES ${CMAKE_SOURCE_DIR}/deploy/prometheus.yml ${CMAKE_SOURCE_DIR}/deploy/alerts.yml ${CMAKE_SOURCE_DIR}/deploy/grafana.json DESTINATION share/agentic)
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE ${CMAKE_SOURCE_DIR}/CHANGELOG.md DESTINATION share/doc/agentic)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/docs/ DESTINATION share/doc/agentic)
