#include "tools/studies/replicate.hpp"

namespace spillway::studies {

// R: what is done stands in it, in the notation of docs/methods/method.md.
const char* const replicate_script = R"R(
library(Matrix)
options(width = 140)
arguments <- commandArgs(trailingOnly = TRUE)
here <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
here <- if (length(here)) dirname(here) else "."
data <- if (grepl("^/", settings$data)) settings$data else file.path(here, settings$data)
pack <- if (length(arguments)) arguments[1] else if (grepl("^/", settings$pack)) settings$pack else file.path(data, settings$pack)
table_of <- function(file, text = character())
  read.csv(file, check.names = FALSE, na.strings = "", encoding = "UTF-8", colClasses = setNames(rep("character", length(text)), text))

# The pack: areas, who neighbours whom, the panel. Rows of every matrix below are areas in the order of the pack.
head_of <- names(read.csv(file.path(pack, settings$areas_file), nrows = 1, check.names = FALSE))
areas <- table_of(file.path(pack, settings$areas_file), intersect(head_of, settings$texts))
n <- nrow(areas)
row_of <- function(code) match(code, areas$area_code)

if (nzchar(settings$weights_file)) {  # not contiguity: W as the program standardised it
  link <- table_of(file.path(data, settings$weights_file), c("from", "to"))
  W <- sparseMatrix(row_of(link$from), row_of(link$to), x = link$weight, dims = c(n, n))
} else {                              # contiguity, rows summing to one; islands have none
  link <- table_of(file.path(pack, settings$edges_file), c("from", "to"))
  N <- sparseMatrix(row_of(link$from), row_of(link$to), x = 1, dims = c(n, n))
  N <- 1 * ((N + t(N)) > 0)
  W <- Diagonal(x = ifelse(rowSums(N) > 0, 1 / pmax(rowSums(N), 1), 0)) %*% N
}
# Areas that a model keeps: those where a column is not zero.
kept_by <- function(column) if (nzchar(column)) which(!is.na(areas[[column]]) & areas[[column]] != 0) else seq_len(n)

estimates <- table_of(file.path(data, "estimates.csv"), c("model", "estimator", "term"))
compare_estimates <- function(m, found) {
  held <- estimates[estimates$model == m$name & estimates$estimator == m$estimator & estimates$term %in% names(found), ]
  data.frame(model = m$name, term = held$term, here = found[held$term], spillway = held$estimate,
             difference = abs(found[held$term] - held$estimate) / pmax(abs(held$estimate), held$standard_error), row.names = NULL)
}

# --- Model A: growth spills over --------------------------------------------------------------------------------------------
#   y_it = sum_k rho_k 1[type(i) = k] (W y_{t-1})_i + phi y_{i,t-1} + x_it' beta + mu_i + tau_t + e_it
# Demeaning puts earlier errors into both sides; the corrected score takes off its expectation q:
#   X~'(y~ - X~ theta) - q(theta) = 0
#   q_i = -1/(T-2) sum_s e_is (W g_s)_i for rho of i's type, and with g_s in place of W g_s for phi,
#   g_s = sum_m c_sm A^m e_s,  c_sm = 1[m <= T-2-s] - (T-1-m) / (T (T-1)),  A = diag(rho_type) W + phi I,  s = 0..T-1, m = 0..T-2
panel_model <- function(m) {
  panel <- table_of(file.path(pack, settings$panel_file), "area_code")
  years <- sort(unique(panel$period))
  wide <- function(column) {
    value <- matrix(NA_real_, n, length(years))
    value[cbind(row_of(panel$area_code), match(panel$period, years))] <- panel[[column]]
    value
  }
  at <- kept_by(m$restrict_to)
  Y <- wide(m$outcome)
  seen <- colSums(!is.na(Y[at, ])) > 0
  if (m$drop_missing) at <- at[!is.na(rowSums(Y[at, seen]))]
  Y <- Y[at, seen]
  stopifnot(!anyNA(Y))
  W <- W[at, at]  # among the areas that are left; their rows sum to one again
  if (settings$row_standardise) W <- Diagonal(x = ifelse(rowSums(W) > 0, 1 / pmax(rowSums(W), 1e-300), 0)) %*% W
  lag <- function(y) as.matrix(W %*% y)
  periods <- ncol(Y) - 1
  y <- Y[, -1]
  before <- Y[, -ncol(Y)]

  group <- if (nzchar(m$period_group)) areas[[m$period_group]][at] else rep("all", length(at))
  within <- function(x) {  # take off means of areas, then of periods (by group)
    if (m$area_effects) x <- x - rowMeans(x)
    if (m$period_effects) x <- x - (rowsum(x, group) / as.vector(table(group)[sort(unique(group))]))[group, , drop = FALSE]
    x
  }
  kinds <- if (nzchar(m$type_column)) sub("^lag:", "", grep("^lag:", m$terms, value = TRUE)) else "all"
  type <- if (nzchar(m$type_column)) match(areas[[m$type_column]][at], kinds) else rep(1L, length(at))
  spread <- lag(before)
  X <- list()
  if (m$spatial_lag) for (k in seq_along(kinds)) X[[k]] <- within(spread * (type == k))
  if (m$own_lag) X[[length(X) + 1]] <- within(before)
  for (name in m$covariates) {
    x <- if (name %in% names(panel)) wide(name)[at, seen][, -1] else matrix(areas[[name]][at], length(at), periods)
    X[[length(X) + 1]] <- within(x)
  }
  X <- sapply(X, as.vector)
  y <- as.vector(within(y))
  H <- crossprod(X)
  b <- crossprod(X, y)
  theta <- as.vector(solve(H, b))  # the within estimate, where Newton's steps start
  if (m$estimator == "corrected_score") {
    lags <- if (m$spatial_lag) length(kinds) else 0
    c_sm <- outer(0:(periods - 1), 0:(periods - 2), function(s, m) (m <= periods - 2 - s) - (periods - 1 - m) / (periods * (periods - 1)))
    q <- function(theta) {
      e <- matrix(y - X %*% theta, length(at))
      rho <- if (lags) theta[type] else 0
      phi <- if (m$own_lag) theta[lags + 1] else 0
      g <- sweep(e, 2, c_sm[, periods - 1], "*")
      for (k in (periods - 3):0) g <- rho * lag(g) + phi * g + sweep(e, 2, c_sm[, k + 1], "*")  # Horner's rule
      value <- numeric(length(theta))
      if (lags) value[seq_len(lags)] <- -tapply(rowSums(e * lag(g)), factor(type, seq_len(lags)), sum) / (periods - 2)
      if (m$own_lag) value[lags + 1] <- -sum(e * g) / (periods - 2)
      value
    }
    unit <- 1 / sqrt(diag(H))
    for (step in 1:50) {
      slope <- sapply(seq_along(theta), function(k) {
        d <- 1e-5 * sqrt(max(diag(H))) * unit[k] * (seq_along(theta) == k)
        (q(theta + d) - q(theta - d)) / (2 * max(d))
      })
      move <- unit * solve(unit * t(unit * t(H + slope)), unit * as.vector(b - H %*% theta - q(theta)))
      theta <- theta + move * min(1, 0.3 / max(abs(move[seq_len(lags + m$own_lag)])))
      if (max(abs(move) / unit) < 1e-12 * max(1, abs(theta) / unit)) break
    }
  }
  compare_estimates(m, setNames(theta, m$terms))
}

# --- Model B: what social infrastructure does, by instruments -----------------------------------------------------------------
#   y = s beta + w' gamma + u,  s moved by z:  (X' P X)^-1 X' P y, P the projection on (z, w); effects are taken out first
iv_model <- function(m) {
  used <- areas[kept_by(m$restrict_to), ]
  used <- used[complete.cases(used[c(m$outcome, m$endogenous, m$instruments, m$controls, m$effects)]), ]
  D <- if (length(m$effects)) model.matrix(~ ., data.frame(lapply(used[m$effects], factor))) else NULL
  rest <- function(x) if (is.null(D)) as.matrix(x) else qr.resid(qr(D), as.matrix(x))
  w <- if (length(m$controls)) rest(used[m$controls]) else NULL
  if (is.null(D)) w <- cbind(w, "(Intercept)" = 1)
  X <- cbind(rest(used[m$endogenous]), w)
  Z <- if (m$estimator == "ols") X else cbind(rest(used[m$instruments]), w)
  found <- drop(qr.coef(qr(qr.fitted(qr(Z), X)), rest(used[m$outcome])))
  compare_estimates(m, setNames(found, colnames(X)))
}

fits <- do.call(rbind, lapply(models, function(m) if (m$kind == "panel") panel_model(m) else iv_model(m)))
if (length(models)) {
  cat("Estimates; difference as a share of the estimate, or of its standard error where that is larger\n")
  print(format(fits, digits = 6), row.names = FALSE)
}

# --- What a policy sets off -------------------------------------------------------------------------------------------------
#   u(h) = rho ((1 - lambda) W u(h-1) + lambda C u(h-1)) + phi u(h-1) + sum_q amplitude_q(h) shape_q,  u(0) = 0
# for the draws in draws.csv; rho and lambda by class of area. uplift is u of a period, cumulative_uplift its sum over all. A group's
# value is the mean over its areas, weighted.
propagate <- function(k, name) {
  file <- function(what) file.path(data, paste0("scenario-", k, "-", what, ".csv"))
  of_area <- table_of(file("areas"), c("area_code", grep("^group:", names(read.csv(file("areas"), nrows = 1, check.names = FALSE)), value = TRUE)))
  stopifnot(identical(of_area$area_code, as.character(areas$area_code)))
  shape <- as.matrix(of_area[grep("^shape:", names(of_area))])
  draw_table <- table_of(file("draws"))
  held <- table_of(file("expected"), c("outcome", "grouping", "group"))
  added_links <- NULL
  if (file.exists(file("detour"))) {
    other <- table_of(file("detour"), c("from", "to"))
    added_links <- sparseMatrix(row_of(other$from), row_of(other$to), x = other$weight, dims = c(n, n))
  }
  rows <- list()
  for (d in unique(draw_table$draw)) {
    of_draw <- draw_table[draw_table$draw == d, ]
    u <- numeric(n)
    total <- numeric(n)
    for (h in of_draw$period) {
      now <- of_draw[of_draw$period == h, ]
      by_class <- function(what) unlist(now[grep(paste0("^", what, ":"), names(now))])[of_area$class]
      neighbours <- as.vector(W %*% u)
      if (!is.null(added_links)) neighbours <- (1 - by_class("lambda")) * neighbours + by_class("lambda") * as.vector(added_links %*% u)
      u <- by_class("rho") * neighbours + now$phi * u + as.vector(shape %*% unlist(now[grep("^amplitude:", names(now))]))
      total <- total + u
      last <- h == max(of_draw$period)
      for (grouping in unique(held$grouping)) {
        group <- of_area[[paste0("group:", grouping)]]
        mean_of <- function(value) rowsum((of_area$weight * value)[!is.na(group)], group[!is.na(group)])[, 1] /
          rowsum(of_area$weight[!is.na(group)], group[!is.na(group)])[, 1]
        for (outcome in c("uplift", if (last) "cumulative_uplift")) {
          value <- mean_of(if (outcome == "uplift") u else total)
          rows[[length(rows) + 1]] <- data.frame(outcome, grouping, group = names(value), period = h, draw = d, here = value)
        }
      }
    }
  }
  both <- merge(held, do.call(rbind, rows), by = c("outcome", "grouping", "group", "period", "draw"))
  stopifnot(nrow(both) == nrow(held))
  # A group's size is its largest value over these draws; where gains and losses cancel in it, a hundredth of the largest group's.
  largest <- function(...) ave(abs(both$value), paste(..., sep = "\n"), FUN = max)
  size <- pmax(largest(both$outcome, both$grouping, both$group), largest(both$outcome, both$grouping) / 100)
  difference <- ifelse(size > 0, abs(both$here - both$value) / size, abs(both$here))
  worst <- which.max(difference)
  data.frame(scenario = name, draws = length(unique(both$draw)), values = nrow(both), difference = difference[worst],
             where = paste(both$outcome[worst], both$grouping[worst], both$group[worst]))
}
propagated <- do.call(rbind, lapply(seq_along(scenarios), function(k) propagate(k, scenarios[k])))
cat("\nPropagation; largest difference as a share of the group's size\n")
print(format(propagated, digits = 3), row.names = FALSE)

worst <- c(estimates = if (length(models)) max(fits$difference) else 0, propagation = max(propagated$difference))
asked <- c(estimates = 1e-8, propagation = 1e-5)
cat(sprintf("\n%s: largest difference %.1e (at most %.0e is asked)", names(worst), worst, asked), "\n", sep = "")
if (any(is.na(worst)) || any(worst > asked)) quit(status = 1)
)R";

}  // namespace spillway::studies
