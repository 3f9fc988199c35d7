# What an R user would write himself, on the same pack: lm.fit on demeaned columns, Matrix, quantile. One JSON line a task.
#   baselines.R PACK RUNS      called by bench/baselines
argument <- commandArgs(TRUE)
pack <- argument[1]; runs <- as.integer(argument[2]); B <- 9999; H <- 10
areas <- read.csv(file.path(pack, "areas.csv"), stringsAsFactors = FALSE)
panel <- read.csv(file.path(pack, "panel.csv"), stringsAsFactors = FALSE)
edges <- read.csv(file.path(pack, "edges.csv"), stringsAsFactors = FALSE)
timed <- function(task, program, body, times = 1, note = "", count = runs) {
  seconds <- sapply(seq_len(count), function(k) system.time(value <<- body())[["elapsed"]])
  cat(sprintf('{"task": "%s", "program": "%s", "seconds": %.6g, "value": %.15g, "note": "%s"}\n', task, program, times * median(seconds), value, note))
}
suppressMessages(library(Matrix))
n <- nrow(areas)
i <- match(edges$from, areas$area_code); j <- match(edges$to, areas$area_code)
A <- sparseMatrix(c(i, j), c(j, i), x = 1, dims = c(n, n))
degree <- rowSums(A)
W <- Diagonal(x = ifelse(degree > 0, 1 / pmax(degree, 1), 0)) %*% A
periods <- sort(unique(panel$period[!is.na(panel$growth)]))
growth <- sapply(periods, function(t) { one <- panel[panel$period == t, ]; one$growth[match(areas$area_code, one$area_code)] })
T <- ncol(growth) - 1
lag <- as.matrix(W %*% growth[, 1:T])
columns <- c(lapply(c("doubly_disadvantaged", "other_deprived", "other"), function(k) (areas$area_type == k) * lag), list(growth[, 1:T], growth[, -1]))
rows_of <- split(seq_len(n), areas$lad_code)
two_way <- function(v) { v <- v - rowMeans(v); sweep(v, 2, colMeans(v)) }
refit <- function(rows) {
  X <- sapply(columns, function(c) as.vector(two_way(c[rows, ])))
  lm.fit(X[, 1:4], X[, 5])$coefficients[[4]]
}
version <- paste("R", getRversion())
set.seed(1)
timed("pairs", paste0(version, ", lm.fit refits"), function() refit(unlist(rows_of[sample(length(rows_of), replace = TRUE)])), B, "1 refit of within, scaled up")
draws <- 16
rho <- 0.37 + 0.01 * rnorm(draws); size <- 0.004 * exp(0.5 * rnorm(draws)); shape <- as.numeric(areas$area_type == "doubly_disadvantaged")
recursion <- function() {
  u <- matrix(0, n, draws); total <- u
  for (h in seq_len(H)) {
    u <- sweep(as.matrix(W %*% u), 2, rho, "*") + 0.1 * u
    if (h <= 3) u <- u + outer(shape, size)
    total <- total + u
  }
  total[1, 1]
}
timed("recursion", paste0(version, ", Matrix"), recursion, B / draws, "16 draws side by side, one rho, scaled up")
values <- matrix(rnorm(128 * B), 128)
timed("quantiles", paste0(version, ", quantile"), function() apply(values, 1, function(v) c(quantile(v, c(.05, .25, .5, .75, .95)), mean(v), sd(v)))[1, 1], n / 128,
      "128 areas of one outcome, scaled up")
