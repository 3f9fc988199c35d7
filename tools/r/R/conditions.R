# The program's exit codes as conditions, with its own faults.

exit_classes <- c("2" = "spillway_input_fault", "3" = "spillway_numbers_failed", "4" = "spillway_world_failed",
                  "130" = "spillway_interrupted")

no_faults <- function() {
  data.frame(what = character(), file = character(), line = integer(), column = character(), value = character())
}

#' Errors of the program
#'
#' Whatever the program refuses is an R error of class `spillway_error` and of a class by its exit code:
#' `spillway_input_fault` (2: the configuration or the data are at fault), `spillway_numbers_failed` (3),
#' `spillway_world_failed` (4: disk, memory, permission), `spillway_interrupted` (130). Where there is no program to call it is
#' `spillway_program_not_found`.
#'
#' @format A condition: a list with `message` (the program's words), `exit_code`, and `faults`, a data frame of everything that
#'   was found: `what`, `file`, `line` (0: of the whole file), `column`, `value`.
#' @name spillway_error
#' @examples
#' caught <- tryCatch(find_program("no-such-program"), spillway_error = function(e) class(e)[1])
#' caught
NULL

fail <- function(class, message, exit_code = 1L, faults = no_faults()) {
  stop(structure(list(message = message, call = NULL, exit_code = exit_code, faults = faults),
                 class = c(class, "spillway_error", "error", "condition")))
}

input_fault <- function(message, ...) fail("spillway_input_fault", message, 2L, ...)
world_failed <- function(message) fail("spillway_world_failed", message, 4L)

fail_by_exit_code <- function(exit_code, message, faults) {
  class <- exit_classes[as.character(exit_code)]
  if (is.na(class)) fail(character(), paste0(message, " (exit code ", exit_code, ")"), exit_code, faults)
  fail(class, message, exit_code, faults)
}

#' @export
print.spillway_error <- function(x, ...) {
  cat("<", class(x)[1], ", exit code ", x$exit_code, ">\n", conditionMessage(x), "\n", sep = "")
  invisible(x)
}
