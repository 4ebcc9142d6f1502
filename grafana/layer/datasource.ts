/** The data source that the variable chooses. */
export const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };
