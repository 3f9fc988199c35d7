#' spillway: run Spillway and read what it found as data frames
#'
#' A thin client. The program `spillway` does the work; its files, its `--json` and its exit codes are the interface, so the numbers here
#' are the program's own.
#'
#' - [spillway_run()], [estimate()]: run a configuration, with parameters of a scenario by name
#' - [open_run()]: open a result; [groups()], [areas()], [draws()], [parameters()], [joint_draws()] read it
#' - [tidy()][tidy.spillway_run], [glance()][glance.spillway_run]: estimates in broom's form
#' - [areas_sf()]: a map; [report()]: the offline page; [spillway_table()]: the program's tables
#' - [spillway_error]: what goes wrong, as conditions
#'
#' A report template: `rmarkdown::draft("my.Rmd", "spillway-report", "spillway")`; its Quarto form is
#' `system.file("quarto/spillway-report.qmd", package = "spillway")`.
#' @keywords internal
"_PACKAGE"
