# Spatial autoregressions by spatialreg and spdep: lag, Durbin and error models, impacts, stsls, tests.
source("scripts/common.R")
suppressPackageStartupMessages({library(spatialreg); library(spdep)})

links <- nb2listw(mat2listw(1 * (W > 0))$neighbours, style = "W", zero.policy = TRUE)   # so that its eigenvalues are known to be real
controls <- c("log_population", "job_density", "inactivity_rate")
model <- reformulate(controls, "growth_decade")
d <- areas
exact <- list(tol.opt = 1e-14)
se_of <- function(fit) named(fit$rest.se, names(fit$coefficients))

lag <- lagsarlm(model, d, links, method = "eigen", zero.policy = TRUE, control = exact)
durbin <- lagsarlm(model, d, links, method = "eigen", zero.policy = TRUE, Durbin = TRUE, control = exact)
error <- errorsarlm(model, d, links, method = "eigen", zero.policy = TRUE, control = exact)
impact_values <- function(fit) {
  all <- impacts(fit, listw = links)
  labels <- attr(all, "bnames")
  list(direct = named(all$direct, labels), indirect = named(all$indirect, labels), total = named(all$total, labels))
}
# Standard errors of impacts by the delta method, derivatives by central differences of the definition with dense inverses.
impact_errors <- function(fit) {
  theta <- c(fit$rho, fit$coefficients); V <- fit$resvar[-1, -1]   # without sigma2
  I <- diag(n)
  f <- function(theta) {
    A <- solve(I - theta[1] * W); b <- theta[-1]
    unlist(lapply(controls, function(k) { S <- b[[k]] * A; if (paste0("lag.", k) %in% names(b)) S <- S + b[[paste0("lag.", k)]] * A %*% W
      c(sum(diag(S)), sum(S) - sum(diag(S)), sum(S)) / n }))
  }
  J <- sapply(seq_along(theta), function(j) { h <- 1e-4 * max(abs(theta[j]), 1e-2); e <- replace(0 * theta, j, h); 
    (8 * (f(theta + e) - f(theta - e)) - (f(theta + 2 * e) - f(theta - 2 * e))) / (12 * h) })
  s <- matrix(sqrt(diag(J %*% V %*% t(J))), 3)
  list(direct = named(s[1, ], controls), indirect = named(s[2, ], controls), total = named(s[3, ], controls))
}
likelihood <- function(fit, first) list(first = unname(fit[[first]]), first_se = unname(fit[[paste0(first, ".se")]]),
  coefficients = named(fit$coefficients, names(fit$coefficients)), errors = se_of(fit), sigma2 = fit$s2,
  log_likelihood = as.numeric(logLik(fit)))
two <- stsls(model, d, links, zero.policy = TRUE, W2X = TRUE)
one <- stsls(model, d, links, zero.policy = TRUE, W2X = FALSE)
robust <- stsls(model, d, links, zero.policy = TRUE, W2X = TRUE, robust = TRUE, HC = "HC0")
moments <- function(fit) list(coefficients = named(fit$coefficients, names(fit$coefficients)),
                              errors = named(sqrt(diag(fit$var)), names(fit$coefficients)), sigma2 = as.numeric(fit$sse / fit$df))
ols <- lm(model, d)
tests <- lm.LMtests(ols, links, zero.policy = TRUE, test = c("LMerr", "LMlag", "RLMerr", "RLMlag"))
I <- lm.morantest(ols, links, zero.policy = TRUE)
values <- list(lag = likelihood(lag, "rho"), durbin = likelihood(durbin, "rho"), error = likelihood(error, "lambda"),
               lag_impacts = impact_values(lag), lag_impact_errors = impact_errors(lag),
               durbin_impacts = impact_values(durbin), durbin_impact_errors = impact_errors(durbin),
               stsls = moments(two), stsls_wx = moments(one), stsls_hc0 = moments(robust),
               tests = c(lapply(tests, function(t) as.numeric(t$statistic)), list(moran_i = unname(I$estimate[1]), moran_p = 2 * pnorm(-abs(as.numeric(I$statistic))))))
save_values(values, "spatial.json", c("spatialreg", "spdep"))
