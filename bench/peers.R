# Peers of bench/compare_peers in R: AER, sandwich, plm, spatialreg. One JSON line a task on standard output.
#   Rscript peers.R PACK RUNS
suppressPackageStartupMessages({library(AER); library(sandwich); library(plm); library(spatialreg); library(spdep); library(Matrix)})
arguments <- commandArgs(TRUE); pack <- arguments[1]; runs <- as.integer(arguments[2])
areas <- read.csv(file.path(pack, "areas.csv")); panel <- read.csv(file.path(pack, "panel.csv")); edges <- read.csv(file.path(pack, "edges.csv"))
n <- nrow(areas)
say <- function(task, program, seconds, value, error = NA, note = "") cat(sprintf(
  '{"task": "%s", "program": "%s", "ms": %.3f, "value": %.12g, "error": %s, "note": "%s"}\n', task, program, 1000 * median(seconds), value,
  ifelse(is.na(error), "null", format(error, digits = 12)), note))
timed <- function(body, k = runs) { s <- numeric(k); for (i in seq_len(k)) s[i] <- system.time(out <- body())[["elapsed"]]; list(s, out) }
# vcovHC would ask for hatvalues, which AER makes from an n x n matrix: 45 s. This is HC1 without them.
hc1 <- function(x) sandwich(x) * nobs(x) / (nobs(x) - length(coef(x)))
version <- function(p) paste(p, packageVersion(p))

right <- growth_decade ~ grants_per_head + log_population + job_density + inactivity_rate | drug_crime_rate + turnout + log_population + job_density + inactivity_rate
r <- timed(function() { f <- ivreg(right, data = areas); summary(f, vcov. = hc1, diagnostics = TRUE)$coefficients[2, 1:2] })
say("iv_hc1", version("AER"), r[[1]], r[[2]][1], r[[2]][2], "with its three diagnostics")
r <- timed(function() { f <- ivreg(right, data = areas); c(coef(f)[2], sqrt(vcovCL(f, cluster = areas$lad_code, type = "HC1")[2, 2])) })
say("iv_cluster", version("AER"), r[[1]], r[[2]][1], r[[2]][2], "2SLS, no diagnostics")

# W as lists of neighbours
from <- match(edges$from, areas$area_code); to <- match(edges$to, areas$area_code)
ends <- split(c(to, from), factor(c(from, to), levels = seq_len(n)))
nb <- lapply(ends, function(k) if (length(k)) sort(as.integer(k)) else 0L)
names(nb) <- NULL; class(nb) <- "nb"; attr(nb, "region.id") <- as.character(seq_len(n)); attr(nb, "sym") <- TRUE
links <- nb2listw(nb, style = "W", zero.policy = TRUE)

wide <- function(name) { p <- sort(unique(panel$period)); m <- matrix(NA_real_, n, length(p)); m[cbind(match(panel$area_code, areas$area_code), match(panel$period, p))] <- panel[[name]]; m }
growth <- wide("growth"); gva <- wide("gva"); keep <- !is.na(growth[1, ]); growth <- growth[, keep]; gva <- gva[, keep]; T <- ncol(growth) - 1
W <- as_dgRMatrix_listw(links)
lag <- as.matrix(as(W, "CsparseMatrix") %*% growth[, 1:T])
d <- data.frame(area = rep(seq_len(n), T), year = rep(seq_len(T), each = n), y = as.numeric(growth[, -1]), previous = as.numeric(growth[, 1:T]), gva = as.numeric(gva[, -1]),
                dd = as.numeric(lag * (areas$area_type == "doubly_disadvantaged")), od = as.numeric(lag * (areas$area_type == "other_deprived")), ot = as.numeric(lag * (areas$area_type == "other")))
pd <- pdata.frame(d, index = c("area", "year"))
r <- timed(function() { f <- plm(y ~ dd + od + ot + previous + gva, pd, model = "within", effect = "twoways"); c(coef(f)[["previous"]], NA) }, 1)
say("panel_within", version("plm"), r[[1]], r[[2]][1], NA, "coefficients alone (its clusters are areas)")

own_traces <- own_fit <- NULL
model <- growth_decade ~ log_population + job_density + inactivity_rate
set <- timed(function() { own_traces <<- trW(as(W, "CsparseMatrix"), type = "MC", m = 30, p = 16); 0 }, 1)
for (method in "Matrix") {
  r <- try(timed(function() { f <- lagsarlm(model, areas, links, method = method, zero.policy = TRUE, trs = own_traces); own_fit <<- f; c(f$rho, NA) }, 1))
  if (!inherits(r, "try-error")) say("sar/qml", paste(version("spatialreg"), method), r[[1]], r[[2]][1], if (is.null(own_fit$rho.se)) NA else own_fit$rho.se, "sparse Cholesky at each rho")
}
set.seed(1)
r <- try(timed(function() { i <- impacts(own_fit, tr = own_traces, R = 200); c(i$res$total[2], sd(i$sres$total[, 2])) }, 1))
if (!inherits(r, "try-error")) say("sar/impacts", version("spatialreg"), r[[1]], r[[2]][1], r[[2]][2], "200 draws, traces made before") else {
  r <- timed(function() impacts(own_fit, tr = own_traces)$total[2], 1)
  say("sar/impacts", version("spatialreg"), r[[1]], as.numeric(r[[2]]), NA, "no s.e.")
}
say("sar/impacts", paste(version("spatialreg"), "trW"), set[[1]], 0, NA, "its set-up: 30 traces by Monte Carlo")
r <- timed(function() { f <- stsls(model, areas, links, zero.policy = TRUE); c(coef(f)[1], sqrt(f$var[1, 1])) })
say("sar/gs2sls", version("spatialreg"), r[[1]], r[[2]][1], r[[2]][2])
