# Model A by plm, sandwich, lmtest's kin and spdep: coefficients, every covariance, GMM, tests of residuals.
source("scripts/common.R")
suppressPackageStartupMessages({library(plm); library(sandwich); library(spdep)})

growth <- wide("growth"); gva <- wide("gva")
years <- colnames(growth)[!is.na(growth[1, ])]          # the first outcome year is the initial one
first <- years[-1]; T <- length(first)
lagged <- growth[, years[seq_len(T)]]                    # y_{t-1}
spatial <- W %*% lagged                                  # (W y)_{t-1}
d <- data.frame(area = rep(areas$area_code, T), year = rep(as.integer(first), each = n), growth = as.numeric(growth[, first]),
                previous = as.numeric(lagged), lag = as.numeric(spatial), gva = as.numeric(gva[, first]))
for (k in c("doubly_disadvantaged", "other_deprived", "other")) d[[k]] <- d$lag * (areas$area_type == k)
d$lad <- areas$lad_code; d$constituency <- areas$constituency_code
slopes <- c("doubly_disadvantaged", "other_deprived", "other", "previous", "gva")
ours <- c("lag:doubly_disadvantaged", "lag:other_deprived", "lag:other", "previous", "gva")
p <- length(slopes)
formula <- reformulate(slopes, "growth")
pd <- pdata.frame(d, index = c("area", "year"))
se <- function(V) named(sqrt(diag(V)[seq_len(p)]), ours)

# Two-way demeaning by hand (balanced): what plm and the dummies leave.
two_way <- function(x) { m <- matrix(x, n); as.numeric(m - rowMeans(m) - rep(colMeans(m), each = n) + mean(m)) }
one_way <- function(x) { m <- matrix(x, n); as.numeric(m - rowMeans(m)) }
sandwich_of <- function(X, e, meat) { B <- solve(crossprod(X)); B %*% meat %*% B }

effects_case <- function(effect, demean) {
  fit <- plm(formula, pd, model = "within", effect = effect)
  X <- sapply(slopes, function(k) demean(d[[k]])); y <- demean(d$growth)
  flat <- lm(y ~ X - 1)                                   # same slopes; small-sample factors count the slopes alone
  e <- residuals(flat)
  dummies <- if (effect == "twoways") lm(update(formula, . ~ . + factor(area) + factor(year)), d) else
    lm(update(formula, . ~ . + factor(area)), d)
  keep <- slopes
  hc <- function(type) se(vcovHC(dummies, type = type)[keep, keep])
  values <- list(coefficients = named(coef(fit)[slopes], ours), rss = deviance(fit), iid = se(vcov(fit)[slopes, slopes]),
                 hc0 = hc("HC0"), hc1 = hc("HC1"), hc2 = hc("HC2"), hc3 = hc("HC3"),
                 plm_white1 = se(vcovHC(fit, method = "white1", type = "HC0")),
                 plm_arellano_area = se(vcovHC(fit, method = "arellano", type = "HC0", cluster = "group")),
                 plm_arellano_area_sss = se(vcovHC(fit, method = "arellano", type = "sss", cluster = "group")),
                 lad_cr0 = se(vcovCL(flat, cluster = d$lad, type = "HC0", cadjust = FALSE)),
                 lad_cr1 = se(vcovCL(flat, cluster = d$lad, type = "HC1", cadjust = TRUE)),
                 two_way_cr0 = se(vcovCL(flat, cluster = d[, c("lad", "constituency")], type = "HC0", cadjust = FALSE)),
                 driscoll_kraay_2 = se(vcovSCC(fit, type = "HC0", maxlag = 2)),
                 driscoll_kraay_4 = se(vcovSCC(fit, type = "HC0", maxlag = 4)))
  # Jackknife over authorities: (G - 1)/G sum (theta_-g - theta)^2.
  lads <- unique(d$lad); G <- length(lads)
  left <- sapply(lads, function(g) coef(plm(formula, pdata.frame(d[d$lad != g, ], index = c("area", "year")),
                                            model = "within", effect = effect))[slopes])
  values$lad_cr3 <- se((G - 1) / G * tcrossprod(left - coef(fit)[slopes]))
  # Conley within a period (Bartlett or uniform, 30 km) plus all lags within an area, in plain matrices: no package of Debian's.
  distance <- as.matrix(dist(cbind(areas$easting, areas$northing))) / 1000
  for (kernel in c("bartlett", "uniform")) {
    K <- if (kernel == "bartlett") pmax(1 - distance / 30, 0) else 1 * (distance < 30)
    S <- X * e
    meat <- 0
    for (t in seq_len(T)) { s <- S[(t - 1) * n + seq_len(n), ]; meat <- meat + t(s) %*% K %*% s - crossprod(s) }
    total <- apply(array(S, c(n, T, p)), c(1, 3), sum)
    values[[paste0("conley_", kernel, "_30km")]] <- se(sandwich_of(X, e, meat + crossprod(total)))
  }
  values$pesaran_cd <- as.numeric(pcdtest(fit, test = "cd")$statistic)
  links <- mat2listw(W, style = "M")
  values$morans_i <- mean(sapply(seq_len(T), function(t)
    moran(e[(t - 1) * n + seq_len(n)], links, n, sum(W), zero.policy = TRUE)$I))
  values
}

values <- list(two_way = effects_case("twoways", two_way), one_way = effects_case("individual", one_way))

pooled <- lm(update(formula, . ~ . + factor(year)), d)
values$pooled <- list(coefficients = named(coef(pooled)[slopes], ours), iid = se(vcov(pooled)[slopes, slopes]),
                      hc0 = se(vcovHC(pooled, type = "HC0")[slopes, slopes]),
                      lad_cr0 = se(vcovCL(pooled, cluster = d$lad, type = "HC0", cadjust = FALSE)[slopes, slopes]))

# Arellano-Bond, one step, collapsed lags 1 to 3 of the levels of both lagged regressors; period means taken out before.
years_all <- years
by_period <- function(x) x - rep(colMeans(matrix(x, n)), each = n)
g <- data.frame(area = rep(areas$area_code, T + 1), year = rep(as.integer(years_all), each = n),
                y = as.numeric(growth[, years_all]), lag = NA_real_, x = as.numeric(gva[, years_all]))
g$y <- by_period(g$y); g$x <- by_period(g$x)
g$lag[g$year > as.integer(years_all[1])] <- by_period(as.numeric(spatial))
g$lag[is.na(g$lag)] <- 0                                 # the initial year has no regression; its lag is never used
gmm <- pgmm(y ~ lag(y, 1) + lag + x | lag(y, 2:4) + lag(lag, 1:3) , data = pdata.frame(g, index = c("area", "year")),
            effect = "individual", model = "onestep", transformation = "d", collapse = TRUE)
coefficient <- coef(gmm)
robust <- sqrt(diag(vcovHC(gmm)))
values$arellano_bond <- list(coefficients = named(coefficient, names(coefficient)), area_cr0 = named(robust, names(coefficient)))

save_values(values, "panel.json", c("plm", "sandwich", "spdep", "spatialreg"))
